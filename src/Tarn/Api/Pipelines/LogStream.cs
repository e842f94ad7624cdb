using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Tarn.Core;
using Tarn.Pipelines;

namespace Tarn;

/// <summary>The log of one run, as it is written, for one client: server-sent events.</summary>
internal sealed class LogStream : IDisposable
{
    private const int Page = 1000;

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>Lines and ends that another process stores are found by looking.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly Orchestrator _orchestrator;
    private readonly string _run;
    private readonly SemaphoreSlim _moved = new(0, 1);
    private readonly Lock _gate = new();
    private bool _disposed;

    private LogStream(Orchestrator orchestrator, string run)
    {
        _orchestrator = orchestrator;
        _run = run;
        orchestrator.LogAppended += OnLogAppended;
        orchestrator.RunChanged += OnRunChanged;
    }

    /// <summary>Answers a request with the stream, until the run has ended, the client has gone or the server stops.</summary>
    /// <param name="http">The request.</param>
    /// <param name="id">The run.</param>
    /// <param name="task">Only lines of this task.</param>
    /// <param name="attempt">Only lines of the attempt of this number.</param>
    /// <param name="after">Only lines after this sequence number; a client that connects again says it by Last-Event-ID.</param>
    /// <param name="orchestrator">The orchestrator.</param>
    /// <param name="store">Where lines are stored.</param>
    /// <param name="lifetime">The server's.</param>
    public static async Task AnswerAsync(
        HttpContext http, string id, string? task, int? attempt, long? after, Orchestrator orchestrator, MetadataStore store, IHostApplicationLifetime lifetime)
    {
        var seen = long.TryParse(http.Request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out var last) ? last : 0;
        var filter = new LogFilter { Task = task, Attempt = attempt, After = Math.Max(seen, Require.AtLeast("after", after ?? 0, 0)), Limit = Page };
        await orchestrator.WaitAsync(id, TimeSpan.Zero, http.RequestAborted).ConfigureAwait(false); // an unknown one is a 404, not a stream
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        using var stream = new LogStream(orchestrator, id);
        try
        {
            await WriteAsync(http, "retry: 2000\n: watching\n\n", end.Token).ConfigureAwait(false);
            await stream.SendAsync(http, filter, store.IsShared ? Look : Heartbeat, end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The client went away, or the server stops: the stream's ordinary ends.
        }
    }

    public void Dispose()
    {
        _orchestrator.LogAppended -= OnLogAppended;
        _orchestrator.RunChanged -= OnRunChanged;
        lock (_gate)
        {
            _disposed = true;
            _moved.Dispose();
        }
    }

    private async Task SendAsync(HttpContext http, LogFilter filter, TimeSpan pause, CancellationToken stop)
    {
        while (true)
        {
            // Asked before the lines are: with the end of a run all its lines are stored.
            var run = await _orchestrator.WaitAsync(_run, TimeSpan.Zero, stop).ConfigureAwait(false);
            var lines = await _orchestrator.ReadLogsAsync(_run, filter, stop).ConfigureAwait(false);
            if (lines.Count > 0)
            {
                filter = filter with { After = lines[^1].Sequence };
                await WriteAsync(http, Format(lines), stop).ConfigureAwait(false);
            }

            if (lines.Count == Page)
            {
                continue;
            }

            if (run.HasEnded)
            {
                await WriteAsync(http, $"event: end\ndata: {JsonSerializer.Serialize(new LogEndView(run.Id, run.State.Name()), ApiJson.Plain.LogEndView)}\n\n", stop).ConfigureAwait(false);
                return;
            }

            if (!await _moved.WaitAsync(pause, stop).ConfigureAwait(false))
            {
                await WriteAsync(http, ": heartbeat\n\n", stop).ConfigureAwait(false);
            }
        }
    }

    private void OnLogAppended(LogAppended appended) => Wake(appended.RunId);

    private void OnRunChanged(RunChanged change) => Wake(change.Run.Id);

    private void Wake(string run)
    {
        if (run != _run)
        {
            return;
        }

        lock (_gate)
        {
            if (!_disposed && _moved.CurrentCount == 0)
            {
                _moved.Release();
            }
        }
    }

    private static string Format(IReadOnlyList<AttemptLogLine> lines)
    {
        var text = new StringBuilder();
        foreach (var line in lines)
        {
            text.Append(CultureInfo.InvariantCulture, $"id: {line.Sequence}\nevent: line\ndata: ").Append(JsonSerializer.Serialize(RunViews.Of(line), ApiJson.Plain.LogLineView)).Append("\n\n");
        }

        return text.ToString();
    }

    private static async Task WriteAsync(HttpContext http, string text, CancellationToken cancellation)
    {
        await http.Response.WriteAsync(text, cancellation).ConfigureAwait(false);
        await http.Response.Body.FlushAsync(cancellation).ConfigureAwait(false);
    }
}
