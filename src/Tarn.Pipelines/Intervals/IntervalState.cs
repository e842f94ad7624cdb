using System.Text.Json.Serialization;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>How the latest run of a data interval ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<IntervalState>))]
public enum IntervalState
{
    /// <summary>No run of it has ended.</summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary>In success.</summary>
    [JsonStringEnumMemberName("success")]
    Success,

    /// <summary>A task of it failed for good.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>It was cancelled.</summary>
    [JsonStringEnumMemberName("cancelled")]
    Cancelled,
}

/// <summary>The names of interval states in the store.</summary>
internal static class IntervalStateNames
{
    public static string Name(this IntervalState state) => state switch
    {
        IntervalState.Success => "success",
        IntervalState.Failed => "failed",
        IntervalState.Cancelled => "cancelled",
        _ => "none",
    };

    public static IntervalState Parse(string name) => name switch
    {
        "success" => IntervalState.Success,
        "failed" => IntervalState.Failed,
        "cancelled" => IntervalState.Cancelled,
        _ => throw TarnException.Corrupt("An interval's state is one of the known ones.", name),
    };

    /// <summary>What an interval's state is when its run has ended so; a run that has not ended says nothing of it.</summary>
    public static IntervalState Of(RunState run) => run switch
    {
        RunState.Success => IntervalState.Success,
        RunState.Failed => IntervalState.Failed,
        RunState.Cancelled => IntervalState.Cancelled,
        _ => IntervalState.None,
    };
}
