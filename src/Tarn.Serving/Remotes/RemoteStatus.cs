namespace Tarn.Serving;

/// <summary>An instance of a remote cluster at one moment.</summary>
/// <param name="Name">The cluster's name.</param>
/// <param name="Url">The instance's URL.</param>
/// <param name="IsHealthy">Whether it said that it can answer when it was asked last, or was not asked yet.</param>
/// <param name="EjectedUntil">Until when it is left out since it stood out from the others; null where it is not.</param>
/// <param name="InFlight">Calls that it has not answered yet.</param>
/// <param name="Requests">Calls that it got since the program started, those it failed at included; not those whose callers left.</param>
/// <param name="Failures">Those of them that it failed at: no connection, no answer in time, or a status from 500.</param>
/// <param name="P50">The median time until its answers began; off by at most 1.6 %, null where there was none.</param>
/// <param name="Problem">Why it is not asked at the moment, as a sentence's part; null where it is.</param>
public sealed record RemoteStatus(string Name, string Url, bool IsHealthy, DateTimeOffset? EjectedUntil, int InFlight, long Requests, long Failures, TimeSpan? P50, string? Problem)
{
    /// <summary>How many requests to the cluster may be sent again at this moment, where an instance fails; of all its instances together.</summary>
    public long RetriesLeft { get; init; }
}
