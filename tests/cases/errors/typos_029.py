from a improt b
