"""Thresholds chosen on labelled rows, with what the rows can promise about them.

    rows        labelled scores: merged where identical, harmless, harmful or neither
    objective   what is asked: `max_recall@fpr<=0.01`, `reviews<=200/day` ...
    split       rows to choose on, rows to verify on
    levels      scores as places on the grid of thresholds: which threshold would stop a row
    spend       a budget of false alarms spent where it catches most
    path        thresholds from the strictest to stop anything to the most willing, each point within the next
    bounds      what a sample says about a rate, and how many rows a promise takes
    choose      the path tested point by point on the rows kept aside
    bands       how far below the thresholds people look
    asking      what is asked, for all that answer it
    tuned       the answer: thresholds, promises, refusals
    tune        the way in

numpy and scipy only; no file is read here and no text is seen. What comes before and after:

    records     a file of labelled texts, one record at a time (encodings); meaning, labels and vendor say what its
                columns mean, classified reads scores that it brings along
    labelled    records as batches of texts and labels (batch, identity); sheet: all that is said in a file, its texts
                left behind
    scoring     texts scored as serving does (scores), and kept; judged: a decision log with its feedback in place of
                a file
    outcome     the policy file with its evidence; terminal, report (breakdown, figures) and evaluation show the rest
    sample      which texts to label next; unlabelled: as lines to fill in

And what other thresholds would have decided:

    log         a decision log as columns (polars), up to where it is damaged
    again       its decisions decided again
    share       how much of them changes, between which bounds, texts that repeat counted once
    replay      the way in; changes is the answer, shown its tables
"""
