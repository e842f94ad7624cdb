using Microsoft.Extensions.Logging;
using Npgsql;

namespace Tarn.Postgres;

/// <summary>Receives notifications on a connection of its own, which it makes anew whenever it breaks.</summary>
internal sealed class PostgresSignals(
    PostgresSessions sessions,
    string channel,
    TimeProvider time,
    ILogger logger,
    Action<string, string> deliver,
    Action deliverMissed) : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private Task? _work;

    public void Start()
    {
        lock (_gate)
        {
            _work ??= Task.Run(ListenAsync);
        }
    }

    public void Cancel()
    {
        try
        {
            _stop.Cancel();
        }
        catch (AggregateException error) when (error.InnerExceptions.All(static e => e is ObjectDisposedException))
        {
            // What the driver registered has found its connection closed: there is nothing left to cancel.
        }
    }

    public async ValueTask DisposeAsync()
    {
        Cancel();
        Task? work;
        lock (_gate)
        {
            work = _work ??= Task.CompletedTask;
        }

        await work.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task ListenAsync()
    {
        var pause = FirstPause;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = await sessions.OpenListenerAsync(_stop.Token).ConfigureAwait(false);
                connection.Notification += (_, e) => Deliver(e.Payload);
                await using (var listen = new NpgsqlCommand($"LISTEN {SqlNames.Quote(channel)}", connection))
                {
                    await listen.ExecuteNonQueryAsync(_stop.Token).ConfigureAwait(false);
                }

                pause = FirstPause;
                deliverMissed();
                while (true)
                {
                    await connection.WaitAsync(_stop.Token).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is NpgsqlException or IOException or TimeoutException or System.Net.Sockets.SocketException or ObjectDisposedException)
            {
                PostgresLog.SignalsLost(logger, sessions.Display, error.Message);
                sessions.DropReaders();
            }

            try
            {
                await Task.Delay(pause, time, _stop.Token).ConfigureAwait(false);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void Deliver(string payload)
    {
        if (payload.IndexOf('\n', StringComparison.Ordinal) is var end and > 0)
        {
            deliver(payload[..end], payload[(end + 1)..]);
        }
    }
}
