using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// Work on a connection that is interrupted when its token is cancelled: for as long as it goes on, and not a moment longer. The connection serves others
/// next, and an interrupt that came late would stop their work.
/// </summary>
internal static class Interruptible
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(5);

    /// <summary>Does the work on the caller's thread.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled before.</exception>
    public static T Run<T>(DuckDbConnection connection, Func<T> work, CancellationToken token) => Run(connection.Interrupt, work, token);

    internal static T Run<T>(Action interrupt, Func<T> work, CancellationToken token)
    {
        token.ThrowIfCancellationRequested();
        if (!token.CanBeCanceled)
        {
            return work();
        }

        using var interrupts = new Interrupts(interrupt);
        using (token.UnsafeRegister(static i => ((Interrupts)i!).Begin(), interrupts))
        {
            return work();
        }
    }

    // An interrupt that arrives just before DuckDB starts is forgotten by it, so it is sent until the work has ended.
    private sealed class Interrupts : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly Action _interrupt;
        private readonly Timer _timer;
        private bool _ended;

        public Interrupts(Action interrupt)
        {
            _interrupt = interrupt;
            _timer = new Timer(static i => ((Interrupts)i!).Send(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public void Begin() => _timer.Change(TimeSpan.Zero, Again);

        // A timer does not wait for what it has called when it is disposed of.
        public void Dispose()
        {
            lock (_gate)
            {
                _ended = true;
            }

            _timer.Dispose();
        }

        private void Send()
        {
            lock (_gate)
            {
                if (!_ended)
                {
                    _interrupt();
                }
            }
        }
    }
}
