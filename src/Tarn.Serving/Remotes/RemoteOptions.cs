using System.Globalization;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>What the instances of a remote cluster are.</summary>
public enum RemoteKind
{
    /// <summary>Processes of Tarn: every path that endpoints answer is forwarded.</summary>
    Tarn,

    /// <summary>Servers of the Open Inference Protocol, version 2: only its paths are forwarded.</summary>
    OpenInference,
}

/// <summary>A cluster of servers that answer for variants of endpoints, each of which could answer any request. Immutable.</summary>
public sealed record RemoteOptions
{
    /// <summary>The instances: 1 to 64 absolute <c>http</c> or <c>https</c> URLs, with neither user, query nor fragment; a path is put before those of requests.</summary>
    public IReadOnlyList<string> Urls { get; init; } = [];

    /// <summary>What is called there, a model's or an endpoint's name, 1 to 256 characters; default null: the endpoint's model.</summary>
    public string? Model { get; init; }

    /// <summary>The cluster's own key, sent as <c>Authorization: Bearer</c>: printable ASCII; default null for none. What a caller authenticated itself with is never forwarded.</summary>
    public string? ApiKey { get; init; }

    /// <summary>What the instances are; default Tarn.</summary>
    public RemoteKind Kind { get; init; } = RemoteKind.Tarn;

    /// <summary>The path that says whether an instance can answer, by a status of 200 to 299; default <c>/v2/health/ready</c>.</summary>
    public string HealthPath { get; init; } = "/v2/health/ready";

    /// <summary>How often each instance is asked for that, 100 ms to an hour; default 5 s.</summary>
    public TimeSpan HealthInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a call takes at most until its answer begins, all attempts together: 10 ms to an hour; default 30 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long it may take to connect, 10 ms to a minute; default 2 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Instances that one call asks at most, one after the other, 1 to 10; default 3.</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>The most bytes of a request, 1 KiB to 2 GiB less one; default 64 MiB. Each is held in memory until it is answered.</summary>
    public int MaxRequestBytes { get; init; } = 64 << 20;

    /// <summary>How long an instance that stands out is left out for the first time, 1 s to an hour; default 30 s. It grows by as much with each time that follows soon, up to ten times.</summary>
    public TimeSpan Ejection { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many times slower than the others' median, and at least 20 ms, an instance's answers of ten seconds have to be that it stands out: 1.5 to 1,000; default 5. 0: slow ones stay.</summary>
    public double SlowFactor { get; init; } = 5;

    /// <summary>Without the key.</summary>
    public override string ToString() => $"{Kind} at {string.Join(", ", Urls)}";

    /// <summary>What breaks a rule, a sentence each; empty where nothing does.</summary>
    public IEnumerable<string> Errors()
    {
        var faults = new List<string>();
        RouteRules.Add(faults, Urls.Count is >= 1 and <= 64, $"Urls = {Urls.Count}: 1 to 64 of them.");
        RouteRules.Add(faults, Urls.Distinct(StringComparer.OrdinalIgnoreCase).Count() == Urls.Count, $"Urls: each once.");
        foreach (var url in Urls)
        {
            // What is no URL may have a password in it, and is not repeated.
            RouteRules.Add(
                faults,
                Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0,
                $"Urls: each is an absolute http or https URL, without user, query and fragment.");
        }

        RouteRules.Add(faults, Model is null or { Length: >= 1 and <= 256 } && !(Model ?? "").AsSpan().ContainsAny('/', ':'), $"Model = {Model}: 1 to 256 characters, neither slashes nor colons.");
        RouteRules.Add(faults, ApiKey is null || (ApiKey.Length >= 1 && ApiKey.All(static c => c is > ' ' and <= '~')), $"ApiKey: printable ASCII without spaces.");
        RouteRules.Add(faults, Enum.IsDefined(Kind), $"Kind = {Kind}: Tarn or OpenInference.");
        RouteRules.Add(faults, HealthPath.StartsWith('/') && HealthPath.All(static c => c is > ' ' and <= '~' and not '#'), $"HealthPath = {HealthPath}: a path from /.");
        Range(HealthInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1), nameof(HealthInterval));
        Range(Timeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1), nameof(Timeout));
        Range(ConnectTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1), nameof(ConnectTimeout));
        Range(Ejection, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), nameof(Ejection));
        RouteRules.Add(faults, Attempts is >= 1 and <= 10, $"Attempts = {Attempts}: 1 to 10.");
        RouteRules.Add(faults, MaxRequestBytes >= 1024, $"MaxRequestBytes = {MaxRequestBytes}: from 1,024.");
        RouteRules.Add(faults, SlowFactor is 0 or (>= 1.5 and <= 1000), $"SlowFactor = {SlowFactor}: 0, or 1.5 to 1,000.");
        return faults;

        void Range(TimeSpan value, TimeSpan least, TimeSpan most, string name) => RouteRules.Add(faults, value >= least && value <= most, $"{name} = {value}: {least} to {most}.");
    }

    /// <summary>Checks every option and reports all faults at once.</summary>
    /// <exception cref="TarnException">InvalidInput: an option is out of its range.</exception>
    public void Validate()
    {
        List<string> faults = [.. Errors()];
        if (faults.Count > 0)
        {
            throw TarnException.InvalidInput("The options of a remote cluster are each within their range.", string.Join(" ", faults), "Correct them.");
        }
    }
}
