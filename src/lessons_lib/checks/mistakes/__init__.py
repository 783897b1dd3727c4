"""The known mistakes, each as a change of the reference, with what to tell the learner."""
