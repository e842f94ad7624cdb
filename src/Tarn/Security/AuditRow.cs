using Tarn.Core;

namespace Tarn;

/// <summary>A row of the audit log.</summary>
internal sealed class AuditRow
{
    public long Seq { get; set; }

    public long At { get; set; }

    public long Until { get; set; }

    public string Who { get; set; } = "";

    public string WhoName { get; set; } = "";

    public string Via { get; set; } = "";

    public string Remote { get; set; } = "";

    public string Method { get; set; } = "";

    public string Path { get; set; } = "";

    public long Status { get; set; }

    public long Times { get; set; }

    public string? Detail { get; set; }

    public static AuditRow Of(AuditEntry entry) => new()
    {
        At = Instant.ToMicroseconds(entry.At),
        Until = Instant.ToMicroseconds(entry.Until),
        Who = StoredText.Clean(entry.Who),
        WhoName = StoredText.Clean(entry.WhoName),
        Via = entry.Via,
        Remote = entry.Remote,
        Method = StoredText.Clean(entry.Method),
        Path = StoredText.Clean(AuditEntry.Short(entry.Path)),
        Status = entry.Status,
        Times = entry.Times,
        Detail = entry.Detail is { } detail ? StoredText.Clean(detail) : null,
    };

    public AuditEntry ToEntry() => new()
    {
        Seq = Seq,
        At = Instant.FromMicroseconds(At),
        Until = Instant.FromMicroseconds(Until),
        Who = Who,
        WhoName = WhoName,
        Via = Via,
        Remote = Remote,
        Method = Method,
        Path = Path,
        Status = (int)Status,
        Times = Times,
        Detail = Detail,
    };
}
