"""Messages of supervision (监管): what a member is told of measures against it, its own report, and the operators' records.

Restrictions are `R-…`, cases `K-…`, orders to reduce `D-…`, monitoring alerts `M-…`. Days are yyyy-mm-dd, empty for none.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from gateway.protocol.wire import Code, Params, Reason, Request, Text

RestrictionId = Annotated[str, Meta(pattern=r"^R-[1-9][0-9]{0,17}\Z")]
CaseId = Annotated[str, Meta(pattern=r"^K-[1-9][0-9]{0,17}\Z")]
AlertId = Annotated[str, Meta(pattern=r"^M-[1-9][0-9]{0,17}\Z")]


# ---- members --------------------------------------------------------------------------------------------


class AccountMeasuresParams(Params, gc=False):
    """`account` may be left out where the key has exactly one."""

    account: Code | UnsetType = UNSET


class AccountMeasures(Request, tag="account.measures", gc=False, kw_only=True):
    """Measures that concern the account: restrictions, what it is to answer, orders to reduce, its large holder's reports."""

    params: AccountMeasuresParams | UnsetType = UNSET


class HolderReportParams(Params, gc=False):
    """What the product is held for, with whose money, and who is related to the holder."""

    product: Code
    purpose: Reason
    funds: Reason
    related: Text = ""
    account: Code | UnsetType = UNSET


class HolderReport(Request, tag="holder.report", gc=False, kw_only=True):
    """File a large holder's report (大户报告); a later one takes the place of an earlier one."""

    params: HolderReportParams


class OwnRestriction(Struct, gc=False):
    """A restriction as the account it concerns sees it. status: waiting | in_force | lifted | ended."""

    restriction_id: str
    scope: list[str]
    basis: str
    document: str
    imposed_on: str
    first_day: str
    last_day: str
    review_on: str
    appeal: str
    status: str


class Demand(Struct, gc=False):
    """A step of supervision addressed to the account; answer_due is empty where no answer is asked for, or it came."""

    case_id: str
    step: str
    time: str
    note: str
    document: str
    answer_due: str


class ReductionRow(Struct, gc=False):
    """An order to reduce what the owner has of a product to `tonnes_max` by the close of `due_day`. status: open | met."""

    reduction_id: str
    account: str
    owner: int
    product: str
    tonnes_max: int
    due_day: str
    ordered_on: str
    basis: str
    document: str
    case_id: str
    status: str
    met_on: str
    is_overdue: bool


class OwnHolderReport(Struct, gc=False):
    """That the account's owner is a large holder, and whether it has reported. reported_on is empty until it has."""

    product: str
    since: str
    report_due: str
    reported_on: str
    is_late: bool


class OwnCredit(Struct, gc=False):
    """Something that enters the credit record of the account's owner. kind: unsurrendered | restriction | breach."""

    record: str
    kind: str
    trading_day: str
    what: str
    basis: str
    document: str
    objection_until: str


class MeasuresView(Struct, gc=False):
    """All that concerns one account, as of `as_of_seq`."""

    account: str
    restrictions: list[OwnRestriction]
    demands: list[Demand]
    reductions: list[ReductionRow]
    holder_reports: list[OwnHolderReport]
    credit_records: list[OwnCredit]
    as_of_seq: int


class HolderReportTaken(Struct, gc=False):
    """The report is filed."""

    account: str
    product: str
    trading_day: str


# ---- operators ------------------------------------------------------------------------------------------


class OpsRecordsParams(Params, gc=False):
    """One account, or all; only what is waiting, in force or open, unless `ended`."""

    account: Code | UnsetType = UNSET
    ended: bool = False


class OpsRestrictions(Request, tag="ops.restrictions", gc=False, kw_only=True):
    """Restrictions with basis, document, persons, days and review, oldest first; `is_review_overdue` is an alarm."""

    params: OpsRecordsParams | UnsetType = UNSET


class OpsReductions(Request, tag="ops.reductions", gc=False, kw_only=True):
    """Orders to reduce a holding, oldest first."""

    params: OpsRecordsParams | UnsetType = UNSET


class OpsCases(Request, tag="ops.cases", gc=False, kw_only=True):
    """Cases, oldest first, each with its last step."""

    params: OpsRecordsParams | UnsetType = UNSET


class OpsCaseParams(Params, gc=False):
    """One case."""

    case_id: CaseId


class OpsCase(Request, tag="ops.case", gc=False, kw_only=True):
    """One case with all its steps."""

    params: OpsCaseParams


class OpsLinks(Request, tag="ops.links", gc=False, kw_only=True):
    """Links between accounts of different owners by evidence, oldest first: they are watched together."""

    params: OpsRecordsParams | UnsetType = UNSET


class LinkRow(Struct, gc=False):
    """A link. kind: address | person | key | network | other; owners: participants' numbers; watched_with: all owners that are
    watched together by it, by other links and by associations, none once it has ended."""

    link: int
    accounts: list[str]
    owners: list[int]
    kind: str
    basis: str
    recorded_on: str
    is_in_force: bool
    ended_on: str
    ended_basis: str
    watched_with: list[int]


class RestrictionRow(Struct, gc=False):
    """A restriction as operators see it: scope as imposed, left what of it is not lifted."""

    restriction_id: str
    account: str
    scope: list[str]
    left: list[str]
    basis: str
    document: str
    operator: str
    approver: str
    imposed_on: str
    first_day: str
    last_day: str
    review_on: str
    reviewed_on: str
    is_review_overdue: bool
    notified: str
    appeal: str
    case_id: str
    status: str
    ended_on: str


class CaseStepRow(Struct, gc=False):
    """Who did what when, why, under which document."""

    step: str
    time: str
    operator: str
    approver: str
    note: str
    document: str
    due_day: str


class CaseRow(Struct, gc=False):
    """A case at a glance."""

    case_id: str
    account: str
    matter: str
    status: str
    finding: str
    last_step: str
    answer_due: str
    is_overdue: bool


class CaseView(Struct, gc=False):
    """A case with the alerts it rests on and all its steps."""

    case_id: str
    account: str
    matter: str
    alerts: list[str]
    status: str
    finding: str
    closed_on: str
    steps: list[CaseStepRow]


OfMembers = AccountMeasures | HolderReport
OfOperators = OpsRestrictions | OpsReductions | OpsCases | OpsCase | OpsLinks
