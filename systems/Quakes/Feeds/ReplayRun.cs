using Microsoft.Extensions.Logging;
using Quakes.Ingestion;
using Quakes.Usgs;

namespace Quakes.Feeds;

/// <summary>
/// Plays a recording as fast as it goes, snapshot by snapshot, the way that a running program takes: over HTTP, through parser, topic and merge to the commit.
/// For tests and measurements.
/// </summary>
internal sealed class ReplayRun : IAsyncDisposable
{
    private readonly RecordedFeed _feed;
    private readonly FeedServer _server;
    private readonly UsgsClient _client;
    private readonly Ingest _ingest;
    private readonly string _name;

    private ReplayRun(RecordedFeed feed, FeedServer server, UsgsClient client, Ingest ingest, string name) =>
        (_feed, _server, _client, _ingest, _name) = (feed, server, client, ingest, name);

    /// <summary>How many snapshots were reconciled.</summary>
    public int Snapshots { get; private set; }

    /// <summary>How many of them changed something.</summary>
    public int Changing { get; private set; }

    /// <summary>How many versions were produced.</summary>
    public int Versions { get; private set; }

    /// <summary>Starts a server on the recording's first snapshot.</summary>
    /// <param name="path">The recording.</param>
    /// <param name="ingest">Where it goes.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where the client tells what it does.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <param name="name">The summary feed that is asked for.</param>
    public static async Task<ReplayRun> StartAsync(
        string path, Ingest ingest, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellation, string name = "all_day")
    {
        var feed = RecordedFeed.Open(path, time, speedUp: null);
        var server = await FeedServer.StartAsync(feed, time, cancellation);
        var client = new UsgsClient(new UsgsOptions { FeedUrl = server.Url }, time, loggers.CreateLogger<UsgsClient>());
        return new ReplayRun(feed, server, client, ingest, name);
    }

    /// <summary>Skips snapshots that an earlier run has dealt with; the first is 0.</summary>
    public void SkipTo(int snapshot)
    {
        while (_feed.Position <= snapshot && _feed.Advance())
        {
        }
    }

    /// <summary>Reconciles the snapshot on show and shows the next; false where that was the last.</summary>
    public async Task<bool> StepAsync(CancellationToken cancellation)
    {
        if (await _client.GetSummaryAsync(_name, cancellation) is { } page)
        {
            var received = await _ingest.ReceiveSummaryAsync(page, _name, cancellation);
            if (received.Produced > 0)
            {
                await _ingest.DrainAsync(cancellation);
                Changing++;
                Versions += received.Produced;
            }

            _client.Keep(page);
        }

        Snapshots++;
        return _feed.Advance();
    }

    /// <summary>Plays to the end, or so many snapshots.</summary>
    public async Task RunAsync(CancellationToken cancellation, int limit = int.MaxValue)
    {
        await _ingest.DrainAsync(cancellation);
        while (Snapshots < limit && await StepAsync(cancellation))
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
        _feed.Dispose();
    }
}
