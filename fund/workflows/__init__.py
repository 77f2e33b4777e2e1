"""Whatever has states: one file, one life story; and the service that carries facts to their effects."""
