using System.Text.Json.Serialization;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>Where a backfill is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BackfillState>))]
public enum BackfillState
{
    /// <summary>Its runs are being made.</summary>
    [JsonStringEnumMemberName("running")]
    Running,

    /// <summary>No further run of it is made until it is resumed; those that were made go on.</summary>
    [JsonStringEnumMemberName("paused")]
    Paused,

    /// <summary>All its runs ended in success, or it had none to make.</summary>
    [JsonStringEnumMemberName("success")]
    Success,

    /// <summary>All its runs have ended, at least one of them not in success.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>It was cancelled before it had made all its runs.</summary>
    [JsonStringEnumMemberName("cancelled")]
    Cancelled,
}

/// <summary>Which data intervals a backfill runs, by what became of them before.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ReprocessBehavior>))]
public enum ReprocessBehavior
{
    /// <summary>Only those of which no run has ended.</summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary>Also those whose latest run failed or was cancelled.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>All, also those that succeeded.</summary>
    [JsonStringEnumMemberName("completed")]
    Completed,
}

/// <summary>The names of a backfill's states and of what it reprocesses in the store.</summary>
internal static class BackfillNames
{
    public static string Name(this BackfillState state) => state switch
    {
        BackfillState.Running => "running",
        BackfillState.Paused => "paused",
        BackfillState.Success => "success",
        BackfillState.Failed => "failed",
        _ => "cancelled",
    };

    public static string Name(this ReprocessBehavior reprocess) => reprocess switch
    {
        ReprocessBehavior.None => "none",
        ReprocessBehavior.Failed => "failed",
        _ => "completed",
    };

    public static BackfillState StateOf(string name) => name switch
    {
        "running" => BackfillState.Running,
        "paused" => BackfillState.Paused,
        "success" => BackfillState.Success,
        "failed" => BackfillState.Failed,
        "cancelled" => BackfillState.Cancelled,
        _ => throw TarnException.Corrupt("A backfill's state is one of the known ones.", name),
    };

    public static ReprocessBehavior ReprocessOf(string name) => name switch
    {
        "none" => ReprocessBehavior.None,
        "failed" => ReprocessBehavior.Failed,
        "completed" => ReprocessBehavior.Completed,
        _ => throw TarnException.Corrupt("What a backfill reprocesses is one of none, failed, completed.", name),
    };

    /// <summary>Whether an interval of that state is run.</summary>
    public static bool Takes(this ReprocessBehavior reprocess, IntervalState state) => state switch
    {
        IntervalState.None => true,
        IntervalState.Success => reprocess == ReprocessBehavior.Completed,
        _ => reprocess != ReprocessBehavior.None,
    };
}
