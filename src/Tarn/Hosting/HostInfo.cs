namespace Tarn;

/// <summary>What this host is.</summary>
internal sealed class HostInfo(string version, DateTimeOffset startedAt, string dataDirectory, bool isServer, IReadOnlyList<SystemPlan> systems)
{
    private volatile bool _isReady;

    public string Version { get; } = version;

    public DateTimeOffset StartedAt { get; } = startedAt;

    public string DataDirectory { get; } = dataDirectory;

    public bool IsServer { get; } = isServer;

    public IReadOnlyList<SystemPlan> Systems { get; } = systems;

    public IReadOnlyList<string> Urls { get; set; } = [];

    public IReadOnlyList<string> GrpcUrls { get; set; } = [];

    public bool IsReady
    {
        get => _isReady;
        set => _isReady = value;
    }
}
