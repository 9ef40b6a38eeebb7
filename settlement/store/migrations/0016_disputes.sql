-- Which trades are disputed (争议成交): those that an objection names which was not dismissed.

CREATE INDEX statement_answers_of_trade ON statement_answers (trade) WHERE trade > 0;
CREATE INDEX statement_answers_of_objection ON statement_answers (objection) WHERE objection > 0;
