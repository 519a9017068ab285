strict maybe
