-- Ways to break one invariant and no other: "number: part of what `check` says", then the tables whose
-- constraints or triggers must be out of the way. COPY inserts a row again under a new id.

-- 1: answers wanted, but
UPDATE item SET wanted = wanted + 1 WHERE id = (SELECT min(id) FROM item WHERE state = 'settled');

-- 1: on HITs
UPDATE hit_question SET places = places - 1 WHERE gold_id IS NULL AND places > 0
    AND item_id = (SELECT min(item_id) FROM hit_question WHERE gold_id IS NULL AND places > 0);

-- 2: has 2 slots on it
-- unguarded: slot, answer
CREATE TEMPORARY TABLE pair AS SELECT min(assignment_id) AS one, max(assignment_id) AS two FROM slot WHERE item_id =
    (SELECT min(item_id) FROM slot WHERE project_id = 2 AND state = 'done' AND gold_id IS NULL);
UPDATE assignment SET worker_id = (SELECT worker_id FROM assignment a JOIN pair ON a.id = one)
    WHERE id = (SELECT two FROM pair);
UPDATE slot SET worker_id = (SELECT worker_id FROM assignment WHERE id = slot.assignment_id);
UPDATE answer SET worker_id = (SELECT worker_id FROM slot WHERE id = answer.slot_id);

-- 3: has 2 answers
-- unguarded: answer
COPY answer WHERE id = 1;

-- 3: is leased
CREATE TEMPORARY TABLE held AS SELECT * FROM slot WHERE state = 'leased' ORDER BY id LIMIT 1;
COPY answer WHERE id = 1 SET slot_id = (SELECT id FROM held), item_id = (SELECT item_id FROM held),
    worker_id = (SELECT worker_id FROM held);

-- 4: has 2 slots on it
COPY slot WHERE id = (SELECT min(id) FROM slot WHERE state = 'returned');

-- 4: its worker is not that of assignment
UPDATE slot SET worker_id = (SELECT min(id) FROM worker) WHERE state = 'returned';

-- 6: no lease that runs out
UPDATE assignment SET lease_until = NULL WHERE work = 'assigned';

-- 6: no lease that runs out
UPDATE assignment SET work = 'expired' WHERE work = 'assigned';

-- 7: holds 2 pages
-- unguarded: assignment
COPY assignment WHERE id = (SELECT min(id) FROM assignment WHERE work = 'assigned') SET token = 't', gold_micros = 0;

-- 7: who was suspended
COPY restriction WHERE id = (SELECT max(id) FROM restriction WHERE project_id IS NULL)
    SET worker_id = (SELECT min(worker_id) FROM assignment WHERE work = 'assigned'), created_at = '2020-01-01 00:00:00.000000';

-- 8: newest decision: None
UPDATE item SET state = 'settled' WHERE id = (SELECT min(id) FROM item WHERE state = 'asking' AND open > 0
    AND id NOT IN (SELECT item_id FROM decision));

-- 8: newest decision: more
COPY decision WHERE id = (SELECT min(decision.id) FROM decision JOIN item ON item.id = item_id WHERE state = 'settled')
    SET action = 'more';

-- 8: quarantined with 0 answers open, newest decision: more
COPY decision WHERE id = (SELECT min(id) FROM decision WHERE action = 'quarantine') SET action = 'more';

-- 8: newest decision: None
-- unguarded: decision
DELETE FROM decision;

-- 12: submitted, which its time and digest
UPDATE assignment SET submission_digest = NULL WHERE id = (SELECT min(id) FROM assignment WHERE work = 'submitted');

-- 12: assigned, which its time and digest
UPDATE assignment SET submitted_at = created_at WHERE work = 'assigned';

-- 13: another item or worker
-- unguarded: answer
UPDATE answer SET item_id = (SELECT max(id) FROM item WHERE project_id = answer.project_id)
    WHERE id = (SELECT min(answer.id) FROM answer JOIN slot ON slot.id = slot_id WHERE gold_id IS NOT NULL);

-- 13: another item or worker
-- unguarded: answer
UPDATE answer SET worker_id = worker_id + 1 WHERE id = 1;

-- 13: is not its project's
-- unguarded: answer
UPDATE answer SET label_set_id = (SELECT min(id) FROM label_set WHERE project_id <> answer.project_id)
    WHERE id = (SELECT min(id) FROM answer);

-- 13: (and 1 more): its value
-- unguarded: answer
UPDATE answer SET value = 'cow' WHERE id IN (5, 6);

-- 13: contradicts its slot
-- unguarded: skip
UPDATE skip SET worker_id = worker_id + 1 WHERE id = (SELECT min(id) FROM skip);

-- 15: but nobody said why
-- unguarded: skip
DELETE FROM skip WHERE id = (SELECT min(id) FROM skip);

-- 15: has no answer
-- unguarded: answer
DELETE FROM answer WHERE id = (SELECT max(id) FROM answer);

-- 17: but answers to it are wanted
UPDATE item SET wanted = 1, open = 1, claimable = (1 = 1)
    WHERE id = (SELECT min(id) FROM item WHERE state = 'gold');
COPY ledger_entry WHERE id = 1 SET amount_micros = 30000, key = 'more';
UPDATE budget SET held = held + 30000 WHERE project_id = 1;

-- 17: is asked like any other
UPDATE item SET state = 'new' WHERE id = (SELECT min(id) FROM item WHERE state = 'gold');

-- 17: on another item than its gold
UPDATE slot SET gold_id = (SELECT max(id) FROM gold WHERE project_id = slot.project_id AND item_id <> slot.item_id)
    WHERE id = (SELECT min(id) FROM slot WHERE gold_id IS NOT NULL);

-- 17: is gold
COPY gold WHERE id = (SELECT min(gold.id) FROM gold JOIN item ON item.project_id = gold.project_id
    JOIN example ON example.item_id = item.id AND example.source = 'consensus') SET use = 'told',
    item_id = (SELECT min(item_id) FROM example WHERE source = 'consensus');

-- 17: which was given to gold
CREATE TEMPORARY TABLE cited AS SELECT min(id) AS id FROM slot WHERE state = 'done' AND gold_id IS NULL
    AND item_id IN (SELECT item_id FROM example WHERE source = 'consensus');
UPDATE item SET wanted = wanted - 1 WHERE id = (SELECT item_id FROM slot JOIN cited ON cited.id = slot.id);
UPDATE slot SET gold_id = (SELECT min(gold.id) FROM gold WHERE gold.project_id = slot.project_id)
    WHERE id = (SELECT id FROM cited);

-- 17: on a quiz or in training, but no gold
UPDATE slot SET gold_id = NULL WHERE id = (SELECT min(slot.id) FROM slot JOIN assignment ON assignment.id = assignment_id
    WHERE kind = 'quiz');
UPDATE item SET wanted = wanted + 1, state = 'asking' WHERE id IN (SELECT item_id FROM slot JOIN assignment
    ON assignment.id = assignment_id WHERE kind = 'quiz' AND gold_id IS NULL);

-- 17: a quiz or training, but paid
UPDATE assignment SET gold_micros = 1 WHERE kind = 'quiz';

-- 18: held and
-- unguarded: budget
UPDATE budget SET cap = held + spent - 1 WHERE project_id = 1;

-- 19: but the ledger says
UPDATE budget SET spent = spent + 1 WHERE project_id = 1;

-- 19: None held
DELETE FROM budget WHERE project_id = 1;

-- 20: 2 entries
-- unguarded: ledger_entry
COPY ledger_entry WHERE id = 1;
UPDATE budget SET held = held + (SELECT amount_micros FROM ledger_entry WHERE id = 1) WHERE project_id = 1;

-- 20: leaves -1 micro-dollars
COPY ledger_entry WHERE id = 1 SET id = 0, kind = 'void', amount_micros = 1, key = 'early';
COPY ledger_entry WHERE id = 1 SET amount_micros = 1, key = 'late';

-- 21: its call is None at None
UPDATE hit SET endpoint = 'http://x.test' WHERE id = (SELECT min(id) FROM hit WHERE state = 'closed' AND channel = 'replay')

-- 21: known as None, its call is done
CREATE TEMPORARY TABLE made AS SELECT * FROM hit WHERE state = 'closed' AND channel = 'replay' ORDER BY id LIMIT 1;
INSERT INTO outbox_entry (id, project_id, endpoint, operation, subject, token, parameters, cost_micros, state, attempts,
    next_at, created_at) SELECT 1, project_id, 'http://x.test', 'CreateHITWithHITType', 'hit:' || id, 't', '{}',
    assignments * reward_micros, 'done', 1, created_at, created_at FROM made;
UPDATE hit SET endpoint = 'http://x.test', external_id = NULL WHERE id = (SELECT id FROM made)

-- 22: payment none
UPDATE assignment SET payment = 'none' WHERE id = (SELECT min(id) FROM assignment WHERE payment = 'paid');

-- 22: ledger 0
UPDATE assignment SET payment = 'paid' WHERE payment = 'due';

-- 23: its call says 1 micro-dollars
CREATE TEMPORARY TABLE made AS SELECT * FROM hit WHERE state = 'closed' AND channel = 'replay' ORDER BY id LIMIT 1;
INSERT INTO outbox_entry (id, project_id, endpoint, operation, subject, token, parameters, cost_micros, state, attempts,
    next_at, created_at) SELECT 1, project_id, 'http://x.test', 'CreateHITWithHITType', 'hit:' || id, 't', '{}',
    1, 'done', 1, created_at, created_at FROM made;
UPDATE hit SET endpoint = 'http://x.test' WHERE id = (SELECT id FROM made)

-- 24: may become due
UPDATE project SET price_micros = price_micros * 2 WHERE id = 1;

-- 28: not in label set
-- unguarded: consensus
UPDATE consensus SET label = 'cow' WHERE run_id = (SELECT min(id) FROM consensus_run WHERE method = 'majority');

-- 28: 1 labels are of no item of its project
INSERT INTO consensus SELECT run_id, 0, label, confidence, posterior, human_posterior, votes FROM consensus LIMIT 1;

-- 28: consensus run 0: 1 labels are of no item of its project
INSERT INTO consensus SELECT 0, item_id, label, confidence, posterior, human_posterior, votes FROM consensus LIMIT 1;

-- 28: does not have its key
-- unguarded: consensus_run
UPDATE consensus_run SET method = 'one-coin' WHERE id = 1;

-- 30: does not have its hash
-- unguarded: training_set_version
UPDATE training_set_version SET content_hash = 'x' WHERE id = 1;

-- 30: examples instead of
-- unguarded: example
DELETE FROM example WHERE id = 1;

-- 30: its consensus says something else
-- unguarded: example
UPDATE example SET run_id = NULL
    WHERE id = (SELECT min(id) FROM example WHERE source = 'consensus');

-- 30: its gold says something else
-- unguarded: example
UPDATE example SET gold_id = NULL WHERE id = (SELECT min(id) FROM example WHERE source = 'gold');

-- 30: to another item
-- unguarded: example
CREATE TEMPORARY TABLE ends AS SELECT min(id) AS one, max(id) AS other FROM example
    WHERE source = 'consensus' AND json_array_length(answers) = 3;
UPDATE example SET answers = (SELECT answers FROM example e JOIN ends ON e.id = other)
    WHERE id = (SELECT one FROM ends);

-- 33: who is no pseudonym
-- unguarded: example
UPDATE example SET workers = '["ann", "bob", "cyd"]'
    WHERE id = (SELECT min(id) FROM example WHERE source = 'consensus' AND json_array_length(answers) = 3);

-- 33: not one worker for each answer
-- unguarded: example
UPDATE example SET workers = '[]' WHERE id = (SELECT min(id) FROM example WHERE source = 'consensus');

-- 33: the pseudonym is the name
UPDATE worker SET pseudonym = name WHERE name = 'B';

-- 35: 2 ticks in period
-- unguarded: tick
COPY tick WHERE id = 4;

-- 35: in term 1, after one in term 2
COPY tick WHERE id = 1 SET period = 99;

-- 36: review is 'odd'
-- unguarded: assignment
UPDATE assignment SET review = 'odd' WHERE id = 1;

-- 36: state is 'odd'
-- unguarded: project
UPDATE project SET state = 'odd' WHERE id = 2;

-- 37: returned, but its assignment
UPDATE slot SET state = 'returned' WHERE state = 'expired';

-- 40: refers to another project
UPDATE slot SET project_id = 2 WHERE state = 'returned';

-- 40: refers to another project
-- unguarded: prediction
UPDATE prediction SET item_id = (SELECT max(id) FROM item) WHERE prediction_set_id = 1
    AND item_id = (SELECT min(item_id) FROM prediction);

-- 40: its item is of another project
UPDATE training_set SET project_id = 2, name = 'x' WHERE project_id = 1;

-- 40: for a project of another requester
INSERT INTO requester (id, name, created_at) VALUES (99, 'another', '2026-01-01 00:00:00.000000');
UPDATE api_key SET requester_id = 99 WHERE id = 1;

-- 40: kept for a worker of another requester
INSERT INTO requester (id, name, created_at) VALUES (99, 'another', '2026-01-01 00:00:00.000000');
UPDATE worker SET requester_id = 99 WHERE id = (SELECT worker_id FROM reservation);

-- 47: audit entry 2: does not have its digest
-- unguarded: audit_entry
UPDATE audit_entry SET actor = 'x' WHERE id = 2;

-- 47: audit entry 3: does not follow
-- unguarded: audit_entry
DELETE FROM audit_entry WHERE id = 2;

-- 47: audit entry 2: does not follow
-- unguarded: audit_entry
DELETE FROM audit_entry WHERE id = 1;

-- 51: which its outcome contradicts
INSERT INTO review_case (project_id, kind, state, subject, item_id, text, value, facts, created_at)
    SELECT project_id, 'unsure', 'closed', 'item:1', id, '', 0, '{}', created_at FROM item ORDER BY id LIMIT 1;

-- 51: which its outcome contradicts
INSERT INTO review_case (project_id, kind, state, subject, item_id, text, value, facts, created_at, reviewer)
    SELECT project_id, 'unsure', 'open', 'item:1', id, '', 0, '{}', created_at, 'ann' FROM item ORDER BY id LIMIT 1;

-- 51: labeled, but not with what
INSERT INTO review_case (project_id, kind, state, subject, item_id, text, value, facts, created_at, outcome, reviewer, closed_at)
    SELECT project_id, 'unsure', 'closed', 'item:1', id, '', 0, '{}', created_at, 'labeled', 'ann', created_at FROM item ORDER BY id LIMIT 1;

-- 51: upheld, but page:1 stands
INSERT INTO review_case (project_id, kind, state, subject, assignment_id, text, value, facts, created_at, outcome,
    reviewer, closed_at) SELECT project_id, 'appeal', 'closed', 'page:1', id, '', 0, '{}', created_at, 'upheld', 'ann',
    created_at FROM assignment ORDER BY id LIMIT 1;

-- 52: but its run says
INSERT INTO audit_pick (project_id, item_id, run_id, label, confidence, votes, answers, extra, created_at)
    SELECT i.project_id, c.item_id, c.run_id, c.label, c.confidence, c.votes, '[]', 0, i.created_at
    FROM consensus c JOIN item i ON i.id = c.item_id WHERE c.votes > 0 ORDER BY c.item_id LIMIT 1;

-- 52: half checked
INSERT INTO audit_pick (project_id, item_id, run_id, label, confidence, votes, answers, extra, created_at, checked_at)
    SELECT i.project_id, c.item_id, c.run_id, c.label, c.confidence, c.votes, '[]', 0, i.created_at, i.created_at
    FROM consensus c JOIN item i ON i.id = c.item_id ORDER BY c.item_id LIMIT 1;

-- 53: 2 versions in force
INSERT INTO rule (project_id, name, version, state, body, looked_at, created_at)
    SELECT project_id, name, version + 1, state, body, 0, created_at FROM rule ORDER BY id LIMIT 1;

-- 53: is not whom it is about
INSERT INTO firing (project_id, rule_id, key, worker_id, facts, action, created_at)
    SELECT r.project_id, r.id, 'worker:0@1', (SELECT min(worker_id) FROM answer a WHERE a.project_id = r.project_id),
    '{}', '{}', r.created_at FROM rule r WHERE r.project_id = 2 ORDER BY r.id LIMIT 1;

-- 54: no suspension from a project to end
UPDATE restriction SET kind = 'paused', exam_after = 0, lifted_at = created_at
    WHERE id = (SELECT min(id) FROM restriction WHERE project_id IS NOT NULL);

-- 54: in force, its exam passed
UPDATE restriction SET exam_after = (SELECT max(id) FROM slot), facts = '{"exam": {"outcome": "passed"}}'
    WHERE id = (SELECT min(id) FROM restriction WHERE project_id IS NOT NULL);

-- 55: cannot come from run
INSERT INTO provisional (item_id, project_id, run_id, label, confidence, posterior, votes)
    SELECT c.item_id, i.project_id, c.run_id, c.label, c.confidence, c.posterior, c.votes
    FROM consensus c JOIN item i ON i.id = c.item_id JOIN consensus_run r ON r.id = c.run_id
    WHERE r.stand IS NULL ORDER BY c.item_id LIMIT 1;

-- 55: is not on offer
-- unguarded: consensus_run
UPDATE consensus_run SET stand = '' WHERE id = (SELECT min(id) FROM consensus_run);
INSERT INTO provisional (item_id, project_id, run_id, label, confidence, posterior, votes)
    SELECT c.item_id, r.project_id, r.id, 'nonsense', 1, '[]', 1
    FROM consensus c JOIN consensus_run r ON r.id = c.run_id ORDER BY r.id, c.item_id LIMIT 1;

-- 56: open for a second channel
UPDATE item SET handed_over = true WHERE id = (SELECT min(id) FROM item WHERE claimable);

-- 56: whose people are not asked
UPDATE hit SET channel = 'elsewhere' WHERE id = (SELECT min(id) FROM hit WHERE state = 'open');
