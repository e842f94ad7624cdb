using Tarn.Contracts;

namespace Tarn.Serving.Tests;

/// <summary>
/// A clock that a test moves, by which it also keeps an instance at work: who runs a model asks for the time when the run begins, and a request that was sent by
/// <see cref="OccupyAsync"/> gets the answer when the test says so.
/// </summary>
internal sealed class HeldClock : TimeProvider
{
    [ThreadStatic]
    private static Busy? _busy;

    private long _asked;

    public ManualTimeProvider Time { get; } = new();

    /// <summary>Whether the clock moves by a tick each time it is asked, so that what happens later has a later time.</summary>
    public bool Ticks { get; set; }

    public override long TimestampFrequency => Time.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => Time.GetUtcNow();

    public override long GetTimestamp()
    {
        _busy?.Asked();
        return Time.GetTimestamp() + (Ticks ? Interlocked.Increment(ref _asked) : 0);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => Time.CreateTimer(callback, state, dueTime, period);

    public void Advance(double milliseconds) => Time.Advance(TimeSpan.FromMilliseconds(milliseconds));

    /// <summary>Sends a request that has an instance for itself until the result is disposed.</summary>
    public static async Task<Busy> OccupyAsync(InferenceRequest request)
    {
        var busy = new Busy(request);
        await busy.Begun;
        return busy;
    }

    public sealed class Busy : IAsyncDisposable
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _go = new();
        private readonly bool _isCached;
        private readonly Task _run;
        private int _asked;

        public Busy(InferenceRequest request)
        {
            _isCached = request.Model.Options is { CacheBytes: > 0 } or { JoinSameRequests: true };
            _run = Task.Factory.StartNew(() => Run(request), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        public Task Begun => _begun.Task;

        /// <summary>The time was asked: by the cache where there is one, when the request came, and when its run began.</summary>
        public void Asked()
        {
            if (++_asked == (_isCached ? 3 : 2))
            {
                _begun.SetResult();
                _go.Wait();
            }
        }

        public async ValueTask DisposeAsync()
        {
            _go.Set();
            await _run;
            _go.Dispose();
        }

        private void Run(InferenceRequest request)
        {
            _busy = this;
            try
            {
                using (request)
                {
                    var running = request.RunAsync();
                    Xunit.Assert.True(running.IsCompleted, "It did not run at once.");
                    running.GetAwaiter().GetResult();
                    Xunit.Assert.Null(request.Failure);
                }
            }
            catch (Exception error)
            {
                _begun.TrySetException(error);
                throw;
            }
            finally
            {
                _busy = null;
            }
        }
    }
}
