"""Fields that only the code writes keep the model's own defaults."""


def own_defaults(model, values, names):
    """Default values without what a context (``default_...``) or a user's own default says of protected fields.

    Otherwise whoever may create a record could begin it as approved, closed or already known. Superuser mode makes no
    difference: a context reaches the code that creates records in it.

    :param dict values: what ``default_get()`` found; changed in place
    :param names: the protected fields
    """
    for name in values.keys() & names:
        field = model._fields[name]
        if field.default:
            value = field.convert_to_cache(field.default(model), model, validate=False)
            values[name] = field.convert_to_write(value, model)
        else:
            del values[name]
    return values
