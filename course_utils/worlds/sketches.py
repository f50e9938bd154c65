def sketch(face):
    raise NotImplementedError
