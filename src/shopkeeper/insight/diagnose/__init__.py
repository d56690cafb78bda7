"""Where the business stands as it is: figures against benchmarks, ranked by what the gap costs, and what is missing."""
