"""Publishing to an endpoint that speaks the MTurk protocol, and bringing back what its workers did.

Where to read:
    channel                    what a turn of the loop asks for: publish, collect, send
    posting, offers, cost      what is offered, how that ends early, and what it would cost
    outbox, effects, ahead     what shall happen there is written down, with what each call needs and does
    sender, outcome            it is sent, and what each call came to is recorded
    reconcile                  our rows beside what the endpoint has
    hits, verdicts, bonuses    the calls: HITs, judgements, money
    compensation               pay for who could not hand in
    people, own, barred        qualifications and letters; those a project makes itself; who is kept out
    collect, intake, shelf     work comes back, is taken in once, and stored
    shown, exchange            the page as our own server shows it there, without gold seen before
    subscription, notices      what the endpoint is to tell us, and what it told
    forget                     a worker is forgotten
"""
