using Tarn.Core;

namespace Tarn.Serving;

/// <summary>What a version is doing; the states of TensorFlow Serving.</summary>
public enum VersionState
{
    /// <summary>It is known and waits to be loaded.</summary>
    Start = 10,

    /// <summary>It is being loaded and warmed up.</summary>
    Loading = 20,

    /// <summary>It answers.</summary>
    Available = 30,

    /// <summary>It answers no new request; those that had begun are finished.</summary>
    Unloading = 40,

    /// <summary>It is not there any more, or could not be loaded.</summary>
    End = 50,
}

/// <summary>A version and what it is doing.</summary>
/// <param name="Version">Its number.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Error">Why it could not be loaded; null where nothing went wrong.</param>
internal sealed record VersionStatus(long Version, VersionState State, TarnException? Error = null);
