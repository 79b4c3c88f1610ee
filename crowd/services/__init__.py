"""What crowd does, apart from how it is asked to: functions that take a session first and never commit.

The loop, a file for each step, in the order data flows (in brackets what it leans on); `loop` takes a turn:
    intake      data comes in
    predict     what a model thinks of it (prospects, labeling_functions)
    choose      which items to ask about
    pack        pages with hidden gold
    publish     places are opened and paid for (second_channel)
    assign      workers claim pages, here; `desk` for people who do not come over HTTP
    collect     pages come back (following: the next one goes out); `deliver` for HITs published elsewhere
    grade       is the work good; `judge` gives the verdicts on work from an endpoint
    conclude    answers become labels (estimate, evidence; provisional: between two runs)
    decide      enough, or another answer (worth); `cases` for what a person has to look at
    merge       what is sure becomes a training set
    export      which goes out
Beside it:
    access/     who is asking, and which rows are theirs to see
    setup/      what is asked: projects, label sets, instructions, rules
    page/       one page between claim and submission
    people/     the workers of the pool; `roster` for those of every channel, `erasure` to forget one
    trust/      what is known of a worker, and what follows: suspension, exam, ban
    rules/      a requester's own rules at work
    experts/    people with the last word: reviews, cases, appeals, gold
    honesty/    what labels claim, held against the truth; when to stop
    reports/    what a requester reads; also `quality` of workers, and what was `bought`
    mturk/      our HITs at an endpoint of the MTurk protocol
    market/     HITs of programs that take this server for such an endpoint
    check/      whether the database keeps its promises
    large_files consensus without a database
Shared: `pay` (money), `audit` (who did what), `locks` (who waits for whom), `lease` (which process acts),
`plain` (statements without a session).
"""
