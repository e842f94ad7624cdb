namespace Tarn.Serving;

/// <summary>
/// Brings a model's requests to its instances. Where one is free and nothing waits, the request runs at once on the thread that brought it; else it waits by its priority, and
/// an instance that gets free takes the next one or the next batch. What is too much is refused at once, and what waited too long when its time is over.
/// </summary>
/// <remarks>
/// While anything waits, one of these holds: an instance is at work or about to be, which looks at the queue when it is done; or what waits is not due, and the alarm is set for the
/// moment at which it will be. The alarm may ring too early, never too late: it is not taken back when what it was set for has gone.
/// </remarks>
internal sealed class ExecutionQueue : IDisposable
{
    private static readonly TimeSpan Sweep = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Grain = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Never = System.Threading.Timeout.InfiniteTimeSpan;

    private readonly Lock _gate = new();
    private readonly LoadedModel _model;
    private readonly BatchPolicy _policy;
    private readonly ArrivalRate? _rate;
    private readonly TimeProvider _time;
    private readonly RequestLane[] _lanes;
    private readonly Instance[] _free;
    private readonly ITimer _timer;
    private readonly long _sweep;
    private readonly long _delay;
    private int _freeCount;
    private int _alive;
    private int _waiting;
    private long _waitingRows;
    private long _alarm = long.MaxValue;
    private bool _isHurried;
    private bool _isStopped;
    private double _serviceSeconds;

    public ExecutionQueue(LoadedModel model, int instances, TimeProvider time)
    {
        _model = model;
        _time = time;
        _policy = new BatchPolicy(model.Options, model.MaxBatchRows);
        _rate = _policy.Delay > TimeSpan.Zero ? new ArrivalRate(time.TimestampFrequency, _policy.Delay) : null;
        _sweep = Ticks(Sweep);
        _delay = Ticks(_policy.Delay);
        _lanes = new RequestLane[model.Options.PriorityLevels];
        _free = new Instance[instances];
        for (; _freeCount < instances; _freeCount++)
        {
            _free[_freeCount] = new Instance(model, this, Math.Max(1, _policy.MaxRows));
        }

        _alive = instances;
        _timer = time.CreateTimer(static self => ((ExecutionQueue)self!).OnAlarm(), this, Never, Never);
    }

    /// <summary>Requests that wait.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Instances that do nothing.</summary>
    public int Free => Volatile.Read(ref _freeCount);

    /// <summary>Runs a request, now or when its turn comes. The outcome is in the request.</summary>
    public ValueTask RunAsync(InferenceRequest request)
    {
        Instance? instance = null;
        request.QueuedAt = _model.Now();
        lock (_gate)
        {
            _rate?.Add(request.QueuedAt);
            if (_freeCount > 0 && _waiting == 0 && (IsHasty(request) || IsDue(request.Rows, request.QueuedAt, request.QueuedAt)))
            {
                instance = _free[--_freeCount];
            }
            else if (_waiting < _model.Options.MaxQueue)
            {
                return Add(request);
            }
        }

        if (instance is null)
        {
            _model.Stats.RecordRefused();
            request.Failure = Refusals.QueueIsFull(_model, Drain());
            return default;
        }

        try
        {
            instance.Run(request);
        }
        finally
        {
            Took(request.EndedAt - request.StartedAt);
            Return(instance, request.EndedAt);
        }

        return default;
    }

    /// <summary>Fills an instance's batch with what is next; where nothing waits, or is to wait for more, the instance is free again and the count 0.</summary>
    public int Take(Instance instance, long now)
    {
        InferenceRequest? gone = null;
        var count = 0;
        var isLast = false;
        lock (_gate)
        {
            if (IsDue(now))
            {
                count = Fill(instance.Batch, now, ref gone);
            }

            if (count == 0)
            {
                isLast = Put(instance);
            }

            StartDue(now);
            SetAlarm(now);
        }

        Fail(gone);
        if (isLast)
        {
            _model.Free();
        }

        return count;
    }

    /// <summary>Takes an instance back, and sends it again where something is due: it may be at work before this ends.</summary>
    public void Return(Instance instance, long now)
    {
        bool isLast;
        lock (_gate)
        {
            isLast = Put(instance);
            StartDue(now);
            SetAlarm(now);
        }

        if (isLast)
        {
            _model.Free();
        }
    }

    /// <summary>Says how long a request took, in the clock's ticks, so that one that is refused can be told when it is worth while to try again.</summary>
    public void Took(long ticks)
    {
        // Of two threads that say it at once one may not be heard, which changes little.
        var known = Volatile.Read(ref _serviceSeconds);
        Volatile.Write(ref _serviceSeconds, known + ((((double)ticks / _time.TimestampFrequency) - known) / 16));
    }

    /// <summary>Frees the instances, and the model after them; for a model that nobody waits for any more. One that is just done with its last request goes when it comes back.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        bool isLast;
        lock (_gate)
        {
            _isStopped = true;
            for (var i = 0; i < _freeCount; i++)
            {
                _free[i].Dispose();
            }

            _alive -= _freeCount;
            _freeCount = 0;
            isLast = _alive == 0;
        }

        if (isLast)
        {
            _model.Free();
        }
    }

    private ValueTask Add(InferenceRequest request)
    {
        var levels = _lanes.Length;
        var level = request.Priority <= 0 ? levels / 2 : Math.Min(request.Priority, levels) - 1;
        var limit = request.Timeout is { } asked && asked < _model.Options.QueueTimeout ? asked : _model.Options.QueueTimeout;
        request.ExpiresAt = request.QueuedAt + Ticks(limit);
        var waiting = request.Waiting();
        _isHurried = (_waiting > 0 && _isHurried) || IsHasty(request);
        _lanes[level].Add(request);
        _waiting++;
        _waitingRows += request.Rows;
        StartDue(request.QueuedAt);
        SetAlarm(request.QueuedAt);
        return waiting;
    }

    /// <summary>Makes an instance free; says whether it was the last one of a model that is unloaded.</summary>
    private bool Put(Instance instance)
    {
        if (!_isStopped)
        {
            _free[_freeCount++] = instance;
            return false;
        }

        instance.Dispose();
        return --_alive == 0;
    }

    /// <summary>Sets a free instance to work where something is due. One that took its batch does this again, so that as many work as there are batches.</summary>
    private void StartDue(long now)
    {
        if (_freeCount > 0 && IsDue(now))
        {
            ThreadPool.UnsafeQueueUserWorkItem(_free[--_freeCount], preferLocal: false);
        }
    }

    // What would be too late after a batch's delay is not to be delayed.
    private bool IsHasty(InferenceRequest request) => request.Timeout <= _policy.Delay;

    private bool IsDue(long now) => _waiting > 0 && (_isHurried || _waiting >= _model.Options.MaxQueue || IsDue(_waitingRows, Oldest(), now));

    private bool IsDue(long rows, long since, long now)
    {
        if (_policy.IsEnough(rows) || _model.Options.MaxQueue == 0)
        {
            return true;
        }

        var waited = _time.GetElapsedTime(since, now);
        return _policy.IsDue(rows, waited, _rate!.Expected(now, _policy.Delay - waited));
    }

    /// <summary>Since when the first of all has waited.</summary>
    private long Oldest()
    {
        var oldest = long.MaxValue;
        foreach (ref var lane in _lanes.AsSpan())
        {
            oldest = Math.Min(oldest, lane.First?.QueuedAt ?? long.MaxValue);
        }

        return oldest;
    }

    private int Fill(InferenceRequest[] batch, long now, ref InferenceRequest? gone)
    {
        var target = _policy.Target(_waitingRows);
        var (count, rows) = (0, 0L);
        foreach (ref var lane in _lanes.AsSpan())
        {
            while (lane.First is { } next && count < batch.Length)
            {
                var isGone = next.IsGone(now);
                if (!isGone && count > 0 && rows + next.Rows > target)
                {
                    break;
                }

                lane.Take();
                _waiting--;
                _waitingRows -= next.Rows;
                if (isGone)
                {
                    next.Next = gone;
                    gone = next;
                }
                else
                {
                    rows += next.Rows;
                    batch[count++] = next;
                }
            }
        }

        return count;
    }

    private void Fail(InferenceRequest? gone)
    {
        while (gone is not null)
        {
            var request = gone;
            gone = request.Next;
            request.Next = null;
            request.Failure = Refusals.WaitedTooLong(_model, _time.GetElapsedTime(request.QueuedAt, _model.Now()), Drain());
            _model.Stats.RecordRefused(request.Aborted.IsCancellationRequested);
            request.Complete();
        }
    }

    private void OnAlarm()
    {
        var now = _model.Now();
        InferenceRequest? gone = null;
        lock (_gate)
        {
            _alarm = long.MaxValue;
            foreach (ref var lane in _lanes.AsSpan())
            {
                lane.TakeGone(now, ref gone);
            }

            for (var request = gone; request is not null; request = request.Next)
            {
                _waiting--;
                _waitingRows -= request.Rows;
            }

            StartDue(now);
            SetAlarm(now);
        }

        Fail(gone);
    }

    /// <summary>Sets the alarm for the moment at which a batch is due, and for the next look at what waits too long.</summary>
    private void SetAlarm(long now)
    {
        if (_waiting == 0)
        {
            return;
        }

        var at = now + _sweep;
        if (_freeCount > 0)
        {
            at = Math.Min(at, Oldest() + _delay);
        }

        if (at < _alarm)
        {
            _alarm = at;
            var left = _time.GetElapsedTime(now, at);
            _timer.Change(left > Grain ? left : Grain, Never);
        }
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * _time.TimestampFrequency);

    // About the time that what waits takes.
    private TimeSpan Drain() => TimeSpan.FromSeconds(Math.Clamp(Volatile.Read(ref _serviceSeconds) * Waiting / _free.Length, 1, 60));
}
