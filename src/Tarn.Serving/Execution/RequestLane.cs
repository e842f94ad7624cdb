namespace Tarn.Serving;

/// <summary>Requests of one priority, in the order in which they came. Guarded by the queue's lock.</summary>
internal struct RequestLane
{
    private InferenceRequest? _last;

    public InferenceRequest? First { get; private set; }

    public void Add(InferenceRequest request)
    {
        request.Next = null;
        if (_last is null)
        {
            First = request;
        }
        else
        {
            _last.Next = request;
        }

        _last = request;
    }

    public InferenceRequest Take()
    {
        var taken = First!;
        First = taken.Next;
        taken.Next = null;
        if (First is null)
        {
            _last = null;
        }

        return taken;
    }

    /// <summary>Takes out every request for which a condition holds; gives them as a chain.</summary>
    public InferenceRequest? TakeWhere(Func<InferenceRequest, long, bool> condition, long argument)
    {
        InferenceRequest? taken = null;
        var rest = First;
        (First, _last) = (null, null);
        while (rest is not null)
        {
            var next = rest.Next;
            if (condition(rest, argument))
            {
                rest.Next = taken;
                taken = rest;
            }
            else
            {
                Add(rest);
            }

            rest = next;
        }

        return taken;
    }
}
