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

    /// <summary>Takes out every request that is not to be run any more, and puts it before a chain.</summary>
    public void TakeGone(long now, ref InferenceRequest? gone)
    {
        var rest = First;
        (First, _last) = (null, null);
        while (rest is not null)
        {
            var (request, next) = (rest, rest.Next);
            if (request.IsGone(now))
            {
                request.Next = gone;
                gone = request;
            }
            else
            {
                Add(request);
            }

            rest = next;
        }
    }
}
