using System.Text.Json;

namespace Tarn;

/// <summary>What <c>GET /api/v1/status</c> answers.</summary>
internal sealed record StatusView(
    string Version,
    DateTimeOffset StartedAt,
    DateTimeOffset Now,
    string DataDirectory,
    IReadOnlyList<string> Urls,
    IReadOnlyList<string> GrpcUrls,
    IReadOnlyList<SystemView> Systems,
    IReadOnlyList<NoticeView> Notices);

/// <summary>One system of the status.</summary>
internal sealed record SystemView(
    string Name, string Title, string Description, string State, string Summary, string? Path, IReadOnlyDictionary<string, JsonElement> Details);

/// <summary>One notice of the status.</summary>
internal sealed record NoticeView(string Level, string Text, DateTimeOffset Since);
