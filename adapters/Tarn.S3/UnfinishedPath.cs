namespace Tarn.S3;

/// <summary>How an upload that was begun and not ended is named: <c>path?uploadId=…</c>, as in S3's own addresses.</summary>
internal static class UnfinishedPath
{
    private const string Marker = "?uploadId=";

    public static string Of(string path, string uploadId) => path + Marker + Uri.EscapeDataString(uploadId);

    /// <summary>The path and the upload; the upload is null where the path names an object.</summary>
    public static (string Path, string? UploadId) TryParse(string path)
    {
        var at = path.LastIndexOf(Marker, StringComparison.Ordinal);
        return at < 0 ? (path, null) : (path[..at], Uri.UnescapeDataString(path[(at + Marker.Length)..]));
    }
}
