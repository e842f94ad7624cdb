using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Quakes.Usgs;
using Tarn;

namespace Quakes.Feeds;

/// <summary>
/// Decides before the data directory is opened which feed a start uses, and in which directory its data lives: live data in the data directory itself,
/// simulated and replayed data each in a sub-directory.
/// </summary>
internal static class FeedDecision
{
    public const string FeedKey = "Quakes:Feed";
    public const string FeedUrlKey = "Quakes:FeedUrl";
    private const string SimulatedFolder = "simulated";
    private const string ReplayFolder = "replay";

    public static async Task DecideAsync(SystemStartContext start, CancellationToken cancellation)
    {
        var asked = start.Configuration[FeedKey] is { Length: > 0 } feed ? feed : "auto";
        if (asked == "auto")
        {
            asked = await ChooseAsync(start, cancellation);
            start.Override(FeedKey, asked);
        }

        switch (FeedChoice.Parse(asked).Kind)
        {
            case FeedKind.Simulated:
                start.UseSubdirectory(SimulatedFolder);
                break;
            case FeedKind.Replay:
                start.UseSubdirectory(ReplayFolder);
                start.Notices.Set("quakes.replay", NoticeLevel.Info, "Earthquakes are replayed from a recording; none of them is news.");
                break;
        }
    }

    private static async Task<string> ChooseAsync(SystemStartContext start, CancellationToken cancellation)
    {
        if (start.Configuration[FeedUrlKey] is { Length: > 0 } || HoldsLiveData(start.DataDirectory))
        {
            return "live";
        }

        if (!start.IsServer)
        {
            // A single verb looks at what is there; it is `up` that decides.
            return Directory.Exists(Path.Combine(start.DataDirectory, SimulatedFolder)) ? "simulated" : "live";
        }

        var timeout = ProbeTimeout(start.Configuration);
        using var client = new UsgsClient(new UsgsOptions(), start.Time, NullLogger<UsgsClient>.Instance);
        if (await client.AnswersAsync(timeout, cancellation))
        {
            return "live";
        }

        start.Notices.Set(
            "quakes.feed",
            NoticeLevel.Warning,
            $"The USGS ({UsgsOptions.LiveUrl}) does not answer from here, so what you see is SIMULATED: an earth that does not exist. Its data is in {Path.Combine(start.DataDirectory, SimulatedFolder)}, apart from any real data. Start again with a network, or with --feed live, for real earthquakes.");
        return "simulated";
    }

    private static TimeSpan ProbeTimeout(IConfiguration configuration) =>
        TimeSpan.TryParse(configuration["Quakes:ProbeTimeout"], System.Globalization.CultureInfo.InvariantCulture, out var set) && set >= TimeSpan.FromSeconds(1)
            ? set
            : new QuakesOptions().ProbeTimeout;

    /// <summary>Whether a run ever brought live data here: the bronze table has more than the commit that made it.</summary>
    private static bool HoldsLiveData(string directory)
    {
        var log = Path.Combine(directory, "lake", "bronze", "earthquakes", "_delta_log");
        return Directory.Exists(log) && Directory.EnumerateFiles(log).Any(static f => Path.GetFileName(f) is not ("00000000000000000000.json" or ".tmp"));
    }
}
