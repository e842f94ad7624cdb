using Quakes.Catalogue;
using Quakes.Feeds;
using Quakes.Gold;
using Quakes.Usgs;
using Tarn.Core;
using Tarn.Pipelines;

namespace Quakes.Ingestion;

/// <summary>What the tasks of the two pipelines do. Each may be cut off anywhere and run again.</summary>
internal sealed class EarthquakeTasks(QuakesOptions options, QuakesFeed feed, FeedMonitor monitor, Ingest ingest, GoldTables gold)
{
    /// <summary>The feed's window and the run's interval rarely meet to the second; what lies between is the minibatch's.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(10);

    /// <summary>Reads from the event service what changed since the cursor.</summary>
    public async Task FetchChangesAsync(TaskContext run)
    {
        var cancellation = run.CancellationToken;
        await ingest.DrainAsync(cancellation);
        var client = await feed.ClientAsync(cancellation);
        var cursor = await ingest.ProgressAsync(Ingest.Cursor, cancellation);
        var since = cursor is { } milliseconds
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) - options.Overlap
            : Earlier(run.DataInterval.End, await FeedTimeAsync(run, client)) - options.InitialHistory;
        IngestionLog.Asking(run.Log, client.BaseUrl, since);
        var pages = await monitor.WatchAsync(
            () => client.QueryAsync(new FdsnQuery(new UsgsOptions().EarliestEvent, null, since), cancellation),
            static p => p.Count == 0 ? null : p.Min(static page => page.Generated));
        var received = await ingest.ReceiveChangesAsync(pages, cursor, cancellation);
        Report(run, received);
        run.Report("requests", pages.Count);
        run.Report("cursor", await ingest.ProgressAsync(Ingest.Cursor, cancellation) is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : since);
    }

    /// <summary>Reads the whole last day (on Sundays the week) and repairs what differs.</summary>
    public async Task FetchDayAsync(TaskContext run)
    {
        var cancellation = run.CancellationToken;
        await ingest.DrainAsync(cancellation);
        var client = await feed.ClientAsync(cancellation);
        var name = IsSunday(run) ? "all_week" : "all_day";
        run.Report("feed", name);
        IngestionLog.Reading(run.Log, client.BaseUrl, name);
        var page = await monitor.WatchAsync(() => client.GetSummaryAsync(name, cancellation), static p => p?.Generated);
        if (page is null)
        {
            IngestionLog.NotModified(run.Log, name);
            run.Report("notModified", true);
        }
        else
        {
            var received = await ingest.ReceiveSummaryAsync(page, name, cancellation);
            Report(run, received);
            run.Report("vanished", received.Reconciliation.Vanished);
            IngestionLog.Vanished(run.Log, received.Reconciliation.Vanished);
            client.Keep(page);
        }

        if (page is null || FeedWindow.Of(page.Document.Metadata, name) is not { } window || !Covers(window, run.DataInterval))
        {
            await FetchIntervalAsync(run, client);
        }
    }

    /// <summary>Moves what was fetched from the topic into bronze, silver and its history.</summary>
    public async Task MergeAsync(TaskContext run)
    {
        var merged = await ingest.DrainAsync(run.CancellationToken);
        IngestionLog.Merged(run.Log, merged.Records);
        run.Report("records", merged.Records);
        foreach (var (name, count) in merged.Counts)
        {
            run.Report(name, count);
        }
    }

    /// <summary>Brings the gold tables up to silver.</summary>
    public async Task CountAsync(TaskContext run)
    {
        var refreshed = await gold.RefreshAsync(run.CancellationToken);
        IngestionLog.Counted(run.Log, refreshed.Hours, refreshed.Bins);
        run.Report("hours", refreshed.Hours);
        run.Report("magnitudeBins", refreshed.Bins);
    }

    /// <summary>The interval lies elsewhere than the summary's window (a run for a day long past): its events are asked for by their time.</summary>
    private async Task FetchIntervalAsync(TaskContext run, UsgsClient client)
    {
        IngestionLog.OfInterval(run.Log, run.DataInterval.Start, run.DataInterval.End);
        var query = new FdsnQuery(run.DataInterval.Start, run.DataInterval.End, null);
        var pages = await monitor.WatchAsync(() => client.QueryAsync(query, run.CancellationToken), static _ => null);

        // What the summary brought has to be known before: both may speak of the same event.
        await ingest.DrainAsync(run.CancellationToken);
        var received = await ingest.ReceiveEventsAsync(pages, run.CancellationToken);
        run.Report("ofInterval", received.Reconciliation.Received);
        run.Report("ofIntervalProduced", received.Produced);
    }

    private static bool Covers(FeedWindow window, DataInterval interval) =>
        window.From <= interval.Start + Slack && window.Until >= interval.End - Slack;

    /// <summary>A scheduled interval that ends on a Sunday, or a run by hand for a Sunday.</summary>
    private static bool IsSunday(TaskContext run) =>
        run.DataInterval.End.UtcDateTime.DayOfWeek == DayOfWeek.Sunday ||
        (run.Trigger == RunTrigger.Manual && run.LogicalDate.UtcDateTime.DayOfWeek == DayOfWeek.Sunday);

    private static void Report(TaskContext run, Received received)
    {
        var found = received.Reconciliation;
        IngestionLog.Received(run.Log, found.Received, found.New, found.Changed, found.Unchanged, received.Older, received.Quarantined);
        run.Report("received", found.Received);
        run.Report("new", found.New);
        run.Report("changed", found.Changed);
        run.Report("unchanged", found.Unchanged);
        run.Report("older", received.Older);
        run.Report("produced", received.Produced);
        run.Report("quarantined", received.Quarantined);
    }

    /// <summary>
    /// The feed's own time. Where nothing was read before, it decides how far back to read: a feed that runs on another clock than ours (a
    /// recording, a simulation) would else seem to have nothing new.
    /// </summary>
    private async Task<DateTimeOffset> FeedTimeAsync(TaskContext run, UsgsClient client)
    {
        try
        {
            var page = await client.GetSummaryAsync("all_day", run.CancellationToken);
            return page?.Generated ?? feed.Now;
        }
        catch (TarnException error) when (error.Kind == ErrorKind.Unavailable)
        {
            // A service without summaries still answers queries; the query itself fails where nothing answers at all.
            IngestionLog.NoFeedTime(run.Log, error.Message);
            return feed.Now;
        }
    }

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}
