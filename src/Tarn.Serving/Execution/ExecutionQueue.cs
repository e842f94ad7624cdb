using System.Globalization;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// Brings a model's requests to its instances. Where one is free and nothing waits, the request runs at once on the thread that brought it; else it waits by its priority, and
/// an instance that gets free takes the next one or the next batch. What is too much is refused at once, and what waited too long when its time is over.
/// </summary>
internal sealed class ExecutionQueue : IDisposable
{
    private static readonly TimeSpan Sweep = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Never = System.Threading.Timeout.InfiniteTimeSpan;

    private readonly Lock _gate = new();
    private readonly LoadedModel _model;
    private readonly BatchPolicy _policy;
    private readonly ArrivalRate _rate;
    private readonly TimeProvider _time;
    private readonly RequestLane[] _lanes;
    private readonly Instance[] _free;
    private readonly ITimer _timer;
    private int _freeCount;
    private int _waiting;
    private int _waitingRows;
    private bool _isSweeping;
    private bool _isArmed;
    private bool _isBatchTimed;
    private bool _isDisposed;
    private double _serviceSeconds;

    public ExecutionQueue(LoadedModel model, int instances, TimeProvider time)
    {
        _model = model;
        _time = time;
        _policy = new BatchPolicy(model.Options);
        _rate = new ArrivalRate(time.TimestampFrequency);
        _lanes = new RequestLane[model.Options.PriorityLevels];
        _free = new Instance[instances];
        for (; _freeCount < instances; _freeCount++)
        {
            _free[_freeCount] = new Instance(model, this);
        }

        _timer = time.CreateTimer(static self => ((ExecutionQueue)self!).OnTimer(), this, Never, Never);
    }

    /// <summary>Requests that wait.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Runs a request, now or when its turn comes. The outcome is in the request.</summary>
    public ValueTask RunAsync(InferenceRequest request)
    {
        Instance? instance = null;
        ValueTask waiting = default;
        request.QueuedAt = _model.Now();
        lock (_gate)
        {
            if (_policy.IsOn)
            {
                _rate.Add(request.QueuedAt, request.Rows);
            }

            if (_freeCount > 0 && _waiting == 0 && IsDue(request.Rows, request.QueuedAt, request.QueuedAt))
            {
                instance = _free[--_freeCount];
            }
            else if (_waiting >= _model.Options.MaxQueue)
            {
                _model.Stats.RecordRefused();
                request.Failure = Overloaded();
                return default;
            }
            else
            {
                waiting = Add(request);
            }
        }

        if (instance is null)
        {
            return waiting;
        }

        instance.Run(request);
        Return(instance, request.EndedAt - request.StartedAt);
        return default;
    }

    /// <summary>Fills an instance's batch with what is next; where nothing waits, or is to wait for more, the instance is free again and the count 0.</summary>
    public int Take(Instance instance)
    {
        var now = _model.Now();
        InferenceRequest? gone = null;
        var count = 0;
        lock (_gate)
        {
            gone = TakeGone(now);
            if (_waiting > 0 && IsDue(_waitingRows, First()!.QueuedAt, now))
            {
                count = Fill(instance.Batch);
            }

            if (count > 0)
            {
                ArmTimer(now);
            }
            else if (_isDisposed)
            {
                instance.Dispose();
            }
            else
            {
                _free[_freeCount++] = instance;
                ArmTimer(now);
            }
        }

        Fail(gone);
        return count;
    }

    /// <summary>Frees the instances; for a model that nobody waits for any more.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        lock (_gate)
        {
            _isDisposed = true;
            for (var i = 0; i < _freeCount; i++)
            {
                _free[i].Dispose();
            }

            _freeCount = 0;
        }
    }

    private ValueTask Add(InferenceRequest request)
    {
        var levels = _lanes.Length;
        var level = request.Priority <= 0 ? levels / 2 : Math.Min(request.Priority, levels) - 1;
        var limit = request.Timeout is { } asked && asked < _model.Options.QueueTimeout ? asked : _model.Options.QueueTimeout;
        request.ExpiresAt = request.QueuedAt + (long)(limit.TotalSeconds * _time.TimestampFrequency);
        var waiting = request.Waiting();
        _lanes[level].Add(request);
        _waiting++;
        _waitingRows += request.Rows;
        if (_freeCount > 0 && IsDue(_waitingRows, First()!.QueuedAt, request.QueuedAt))
        {
            Start(_free[--_freeCount]);
        }

        ArmTimer(request.QueuedAt);
        return waiting;
    }

    private void Return(Instance instance, long took)
    {
        var seconds = (double)took / _time.TimestampFrequency;
        lock (_gate)
        {
            _serviceSeconds += (seconds - _serviceSeconds) / 16;
            if (_waiting == 0)
            {
                if (_isDisposed)
                {
                    instance.Dispose();
                    return;
                }

                _free[_freeCount++] = instance;
                return;
            }
        }

        Start(instance);
    }

    private static void Start(Instance instance) => ThreadPool.UnsafeQueueUserWorkItem(instance, preferLocal: false);

    private bool IsDue(int rows, long since, long now)
    {
        if (!_policy.IsOn)
        {
            return true;
        }

        var waited = _time.GetElapsedTime(since, now);
        return _policy.IsDue(rows, waited, _policy.Delay > waited ? _rate.Expected(now, _policy.Delay - waited) : 0);
    }

    private InferenceRequest? First()
    {
        foreach (ref var lane in _lanes.AsSpan())
        {
            if (lane.First is { } first)
            {
                return first;
            }
        }

        return null;
    }

    private int Fill(InferenceRequest[] batch)
    {
        var target = _policy.IsOn ? _policy.Target(_waitingRows) : 1;
        var (count, rows) = (0, 0);
        foreach (ref var lane in _lanes.AsSpan())
        {
            while (lane.First is { } next && count < batch.Length && (count == 0 || rows + next.Rows <= target))
            {
                rows += next.Rows;
                batch[count++] = lane.Take();
            }

            if (rows >= target)
            {
                break;
            }
        }

        _waiting -= count;
        _waitingRows -= rows;
        return count;
    }

    /// <summary>Takes out of the queue what waited too long or is waited for by nobody, as a chain.</summary>
    private InferenceRequest? TakeGone(long now)
    {
        InferenceRequest? all = null;
        foreach (ref var lane in _lanes.AsSpan())
        {
            // Within a lane times to wait differ; that the first one has time left says nothing of the others, but they are looked at by the sweep.
            var gone = _isSweeping || (lane.First is { } first && IsGone(first, now)) ? lane.TakeWhere(IsGone, now) : null;
            while (gone is not null)
            {
                var next = gone.Next;
                gone.Next = all;
                all = gone;
                gone = next;
                _waiting--;
                _waitingRows -= all.Rows;
            }
        }

        return all;
    }

    private static bool IsGone(InferenceRequest request, long now) => now >= request.ExpiresAt || request.Aborted.IsCancellationRequested;

    private void Fail(InferenceRequest? gone)
    {
        while (gone is not null)
        {
            var next = gone.Next;
            gone.Next = null;
            gone.Failure = TooLong(gone);
            _model.Stats.RecordRefused();
            gone.Complete();
            gone = next;
        }
    }

    private void OnTimer()
    {
        var now = _model.Now();
        InferenceRequest? gone;
        lock (_gate)
        {
            _isBatchTimed = false;
            _isSweeping = true;
            gone = TakeGone(now);
            _isSweeping = false;
            if (_waiting > 0 && _freeCount > 0 && IsDue(_waitingRows, First()!.QueuedAt, now))
            {
                Start(_free[--_freeCount]);
            }

            ArmTimer(now, again: true);
        }

        Fail(gone);
    }

    /// <summary>While something waits there is a timer: for the moment at which a batch is due, and for what waits too long.</summary>
    private void ArmTimer(long now, bool again = false)
    {
        if (_waiting == 0)
        {
            _isArmed &= !again;
            return;
        }

        if (_freeCount > 0 && !_isBatchTimed)
        {
            var left = _policy.Delay - _time.GetElapsedTime(First()!.QueuedAt, now);
            _timer.Change(left > TimeSpan.FromMilliseconds(1) ? left : TimeSpan.FromMilliseconds(1), Never);
            (_isBatchTimed, _isArmed) = (true, true);
        }
        else if (!_isArmed || again)
        {
            _timer.Change(Sweep, Never);
            _isArmed = true;
        }
    }

    private TarnException Overloaded() => new(
        ErrorKind.Unavailable,
        string.Create(CultureInfo.InvariantCulture, $"At most {_model.Options.MaxQueue} requests wait for the model {_model.Name}."),
        "the queue is full",
        "Try again later, or give the model more instances.")
    {
        RetryAfter = Drain(),
    };

    private TarnException TooLong(InferenceRequest request) => new(
        ErrorKind.Unavailable,
        $"A request waits for the model {_model.Name} as long as its time-out allows.",
        string.Create(CultureInfo.InvariantCulture, $"{_time.GetElapsedTime(request.QueuedAt, _model.Now()).TotalMilliseconds:0} ms in the queue"),
        "Try again later, allow more time, or give the model more instances.")
    {
        RetryAfter = Drain(),
    };

    // About the time that what waits takes.
    private TimeSpan Drain() => TimeSpan.FromSeconds(Math.Clamp(_serviceSeconds * _model.Options.MaxQueue / _free.Length, 1, 60));
}
