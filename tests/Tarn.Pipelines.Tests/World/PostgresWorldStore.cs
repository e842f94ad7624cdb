using Microsoft.Extensions.Logging;
using Npgsql;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Postgres;
using Tarn.Postgres.Tests;

namespace Tarn.Pipelines.Tests;

/// <summary>
/// A database of its own in PostgreSQL. The server answers when it likes, and so between two steps: the world stands still until it has answered all, and until every signal
/// that it sent has come. Which is seen by a signal of the world's own, sent after them on another connection: they come in the order of their commits.
/// </summary>
internal sealed class PostgresWorldStore : WorldStore
{
    private const string Fence = "world_fence";
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly NpgsqlConnection _own;
    private readonly ManualResetEventSlim _heard = new();
    private PostgresMetadataStore? _store;
    private IDisposable? _listening;
    private int _opened;
    private int _sent;
    private volatile int _received;
    private long _settled;

    /// <summary>Makes the database; skips the running test, with the reason, where PostgreSQL is not installed.</summary>
    public PostgresWorldStore(PostgresCluster cluster)
    {
        _own = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Do(cluster.RequireAsync)) { Pooling = false }.ConnectionString);
        _own.Open();
    }

    public override bool IsShared => true;

    private string Name => $"world-{_opened}";

    public override MetadataStore Open(TimeProvider time, ILoggerFactory loggers)
    {
        _opened++;
        var connection = new NpgsqlConnectionStringBuilder(_own.ConnectionString) { ApplicationName = Name }.ConnectionString;

        // Its own pauses, before it connects anew, are real: nobody would move the world's clock meanwhile.
        _store = Do(() => PostgresMetadataStore.OpenAsync(
            connection, PostgresTestOptions.Patient, TimeProvider.System, IdSource.Create(TimeProvider.System), loggers));
        _heard.Reset();
        _listening = _store.Listen(Fence, Hear);
        Require(_heard.Wait(Patience), "The store does not hear signals.");
        _settled = -1;
        return _store;
    }

    public override bool Settle(StepContext context)
    {
        for (var started = Environment.TickCount64; !context.Dead && _store is { } store; Require(Environment.TickCount64 - started < Patience.TotalMilliseconds, "The server does not answer."))
        {
            if (context.WaitForStep(store.IsBusy ? Look : TimeSpan.Zero))
            {
                return true;
            }

            if (store.IsBusy)
            {
                continue;
            }

            if (_settled == store.WritesAsked)
            {
                return false;
            }

            _settled = store.WritesAsked;
            HearAll();
        }

        return false;
    }

    public override void Close()
    {
        _listening!.Dispose();
        Do(async () =>
        {
            await _store!.DisposeAsync();
            return true;
        });
        _store = null;
    }

    public override void Kill()
    {
        if (_store is not { } store)
        {
            return;
        }

        // As the end of a process does: the server loses its sessions, whatever they do.
        _store = null;
        _listening!.Dispose();
        Terminate();
        try
        {
            store.Abandon();
        }
        catch (Exception error) when (error is NpgsqlException or InvalidOperationException)
        {
            // Its connection was in the midst of something.
        }

        while (Terminate())
        {
            Thread.Yield();
        }
    }

    public override void Dispose()
    {
        Kill();
        _own.Dispose();
        _heard.Dispose();
    }

    private static T Do<T>(Func<Task<T>> work) => Task.Run(work).GetAwaiter().GetResult();

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new TimeoutException(otherwise);
        }
    }

    private void Hear(string? payload)
    {
        _received = payload is null ? _received : int.Parse(payload, System.Globalization.CultureInfo.InvariantCulture);
        _heard.Set();
    }

    private void HearAll()
    {
        _sent++;
        using var notify = new NpgsqlCommand($"SELECT pg_notify('tarn_tarn', '{Fence}' || chr(10) || {_sent})", _own);
        notify.ExecuteNonQuery();
        while (_received < _sent)
        {
            _heard.Reset();
            if (_received < _sent)
            {
                Require(_heard.Wait(Patience), "A signal does not come.");
            }
        }
    }

    private bool Terminate()
    {
        using var command = new NpgsqlCommand($"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '{Name}' AND datname = current_database()", _own);
        return (long)command.ExecuteScalar()! > 0;
    }
}
