namespace Tarn;

/// <summary>What a host is started for.</summary>
internal sealed record HostRequest
{
    /// <summary>The data directory; full path.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>What the process was called with, for others that find the directory held.</summary>
    public required string Command { get; init; }

    /// <summary>True for <c>up</c>; false for a single verb: no schedule, nothing in the background, a port of its own.</summary>
    public required bool IsServer { get; init; }

    /// <summary>The systems asked for; empty for all.</summary>
    public IReadOnlyList<string> Systems { get; init; } = [];

    /// <summary>Configuration keys that the command line sets.</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; init; } = new Dictionary<string, string?>();

    public static HostRequest ForVerb(string dataDirectory, VerbOptions options) => new()
    {
        DataDirectory = dataDirectory,
        Command = "a verb of the command line",
        IsServer = false,
        Settings = options.Settings(),
    };
}
