"""The market that programs meet: the rules of the MTurk protocol, kept for our own people.

Where to read:
    account, access, tokens          who calls, what they sign with, and what they ask for twice
    orders, posed, layouts           what a HIT is to be: its terms, its page, the page's layout
    hit_types, hits, ids             what HITs share, and HITs as they are made, changed and deleted
    counts, settle                   how far a HIT is, and what time alone brings about
    requirements, scores, blocks     whom a HIT admits: what may be asked, what workers have, who is out
    qualifications, requests         what workers can have, and how they come by it
    work, workbench                  the worker's side: accepted, given back, submitted; and what they see
    reviews, policies, policy_terms  what becomes of work: by a program's word, or by rules it set before
    bonuses, money                   what is paid, and what it holds of an account
    letters, notices, transport      what workers are told, what programs are, and how it leaves the server
    batches, results                 tables in and out, as on the old requester site
    forget                           a worker is forgotten
    express                          the short way of what is called all day
    limits, profile, refusals        values, fields that may be left out, and the words of a refusal
"""
