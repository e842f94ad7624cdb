namespace Tarn;

/// <summary>How a system is doing.</summary>
public enum SystemState
{
    /// <summary>It works.</summary>
    Ok,

    /// <summary>It works, and something about it does not: a source that fails, say.</summary>
    Degraded,

    /// <summary>It does not work.</summary>
    Down,

    /// <summary>It is not ready yet.</summary>
    Starting,
}

/// <summary>What a system says of itself, on the start banner, in <c>/api/v1/status</c> and in the console.</summary>
/// <param name="State">How it is doing.</param>
/// <param name="Summary">One sentence for a person.</param>
public sealed record SystemStatus(SystemState State, string Summary)
{
    /// <summary>Further facts, each a name and a value that JSON can carry: text, a number, true or false.</summary>
    public IReadOnlyDictionary<string, object?> Details { get; init; } = new Dictionary<string, object?>();
}
