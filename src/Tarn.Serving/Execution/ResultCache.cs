namespace Tarn.Serving;

/// <summary>
/// Answers by the hash of their inputs: those that were asked for last, within a number of bytes, and those that are under way, which further requests with the same inputs wait for
/// in place of running the model again. What failed is not kept: who waited for it runs by itself.
/// </summary>
internal sealed class ResultCache(LoadedModel model, long capacity)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<InputHash, LinkedListNode<CachedResult>> _results = [];
    private readonly LinkedList<CachedResult> _recent = new();
    private long _bytes;

    /// <summary>Bytes of the answers that are kept, about.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _bytes;
            }
        }
    }

    public async ValueTask RunAsync(InferenceRequest request)
    {
        var began = model.Now();
        var key = InputHash.Of(request);
        CachedResult? known = null;
        LinkedListNode<CachedResult>? own = null;
        lock (_gate)
        {
            if (_results.TryGetValue(key, out var node))
            {
                known = node.Value;
                if (node.List is not null)
                {
                    _recent.Remove(node);
                    _recent.AddFirst(node);
                }
            }
            else
            {
                own = new LinkedListNode<CachedResult>(new CachedResult(key));
                _results.Add(key, own);
            }
        }

        if (known is not null)
        {
            await known.Done.ConfigureAwait(false);
            if (known.HasOutputs)
            {
                (request.QueuedAt, request.StartedAt) = (began, began);
                known.CopyTo(request);
                request.ComputedAt = request.EndedAt = model.Now();
                (request.IsFromCache, request.BatchRows) = (true, 0);
                model.Stats.RecordCacheHit(request.EndedAt - began);
                return;
            }
        }

        model.Stats.RecordCacheMiss();
        if (own is null)
        {
            await model.ComputeAsync(request).ConfigureAwait(false);
            return;
        }

        try
        {
            await model.ComputeAsync(request).ConfigureAwait(false);
            if (request.Failure is null)
            {
                own.Value.Keep(request);
            }
        }
        finally
        {
            Settle(own);
            own.Value.Finish();
        }
    }

    private void Settle(LinkedListNode<CachedResult> own)
    {
        lock (_gate)
        {
            if (!own.Value.HasOutputs || own.Value.Bytes > capacity)
            {
                _results.Remove(own.Value.Key);
                return;
            }

            _recent.AddFirst(own);
            _bytes += own.Value.Bytes;
            while (_bytes > capacity)
            {
                var oldest = _recent.Last!;
                _recent.RemoveLast();
                _results.Remove(oldest.Value.Key);
                _bytes -= oldest.Value.Bytes;
            }
        }
    }
}
