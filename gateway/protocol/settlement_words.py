"""What settlement writes beside the reason for which an instruction is not settled: each sentence in Chinese and in English.

The registry keeps one short sentence with its figures, in the form that stands here as the key, so that the record does not depend
on anybody's language; a page says it again in its own. `{…_fen}` is an amount in fen and shown in yuan, `{scope}` the bits of a
restriction, `{state}` a state of units, `{objection}` a number, all else tonnes. A form that is a case of another stands before it.
"""

from typing import Final

from gateway.protocol.act_words import Said

SENTENCES: Final[dict[str, Said]] = {
    "disputed by S-{objection}": Said("被异议 S-{objection} 暂缓", "held up by objection S-{objection}"),
    "seller restricted, scope {scope}": Said("卖方受限:{scope}", "the seller is restricted: {scope}"),
    "buyer restricted, scope {scope}": Said("买方受限:{scope}", "the buyer is restricted: {scope}"),
    "restricted, scope {scope}": Said("账户受限:{scope}", "the account is restricted: {scope}"),
    "needs {needed} t, available {available} t, locked {locked} t": Said(
        "需 {needed} 吨,可用 {available} 吨,锁定 {locked} 吨",
        "needs {needed} t; {available} t are available, {locked} t locked",
    ),
    "needs {needed} t, of others' projects {usable} t": Said(
        "需 {needed} 吨,非本单位项目的仅 {usable} 吨",
        "needs {needed} t; {usable} t are of others' projects",
    ),
    "needs {needed} t, {state} {there} t, locked {locked} t": Said(
        "需 {needed} 吨,{state} {there} 吨,锁定 {locked} 吨",
        "needs {needed} t; {state}: {there} t, locked: {locked} t",
    ),
    "would leave {left} t, floor {floor} t": Said(
        "交收后仅余 {left} 吨,须保留 {floor} 吨",
        "{left} t would be left, {floor} t must stay",
    ),
    "buyer has {there} t of {needed} t": Said(
        "买方仅有 {there} 吨,应退 {needed} 吨",
        "the buyer has {there} t of the {needed} t to give back",
    ),
    "buyer needs {needed_fen} fen, has {there_fen} fen": Said(
        "买方应付 {needed_fen} 元,仅有 {there_fen} 元",
        "the buyer needs {needed_fen} CNY and has {there_fen} CNY",
    ),
    "seller needs {needed_fen} fen, has {there_fen} fen": Said(
        "卖方应付 {needed_fen} 元,仅有 {there_fen} 元",
        "the seller needs {needed_fen} CNY and has {there_fen} CNY",
    ),
    "seller's fee {needed_fen} fen, has {there_fen} fen": Said(
        "卖方手续费 {needed_fen} 元,仅有 {there_fen} 元",
        "the seller's fee is {needed_fen} CNY, it has {there_fen} CNY",
    ),
    "fees needs {needed_fen} fen, has {there_fen} fen": Said(
        "手续费账户应退 {needed_fen} 元,仅有 {there_fen} 元",
        "the fee account needs {needed_fen} CNY and has {there_fen} CNY",
    ),
    "needs {needed_fen} fen, has {there_fen} fen": Said(
        "需 {needed_fen} 元,仅有 {there_fen} 元",
        "needs {needed_fen} CNY and has {there_fen} CNY",
    ),
}
