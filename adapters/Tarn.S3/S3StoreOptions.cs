using Tarn.Core;

namespace Tarn.S3;

/// <summary>
/// How S3 is reached. Credentials are not among it: they come from the SDK's chain (environment, profile, container, instance, web identity), as for every
/// other program of AWS.
/// </summary>
public sealed record S3StoreOptions
{
    /// <summary>The bucket's region, such as <c>eu-central-1</c>; null (the default) for that of the SDK's chain (AWS_REGION, the profile, the instance), and <c>us-east-1</c> with an <see cref="Endpoint"/>.</summary>
    public string? Region { get; init; }

    /// <summary>The address of a server that speaks S3, such as <c>http://127.0.0.1:9000</c>; null (the default) for AWS.</summary>
    public string? Endpoint { get; init; }

    /// <summary>Whether the bucket is named in the path of addresses and not in the host's name; default false. Most servers other than AWS want it.</summary>
    public bool PathStyle { get; init; }

    /// <summary>How long to wait for a connection; default 5 s, range 100 ms to 1 min.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long one try of a request may take until its answer begins (with what it sends: at most one part), and how long a body may pause; default 30 s,
    /// range 100 ms to 10 min.
    /// </summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a request that failed for a passing reason is tried again, with growing pauses; default 6, range 0 to 20.</summary>
    public int Retries { get; init; } = 6;

    /// <summary>Files longer than this are sent in parts of this length, in bytes; default 16 MiB, range 5 MiB to 5 GiB. Files of more than 10,000 parts are sent in longer ones.</summary>
    public long PartBytes { get; init; } = 16L << 20;

    /// <summary>How many parts of one file are sent at once; default 4, range 1 to 64.</summary>
    public int ParallelParts { get; init; } = 4;

    /// <summary>Whether bodies carry checksums (CRC-32) and those of answers are checked; default true. Some servers other than AWS do not know them.</summary>
    public bool Checksums { get; init; } = true;

    /// <summary>Every rule that the options break, none where they are good.</summary>
    public IReadOnlyList<string> Errors()
    {
        var errors = new List<string>();
        Check(Region is null || (Region.Length is >= 2 and <= 64 && Region.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')), $"Lake:S3:Region is a region's name, as in eu-central-1 (value: {Region}).");
        Check(
            Endpoint is null || (Uri.TryCreate(Endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.AbsolutePath == "/" && uri.Query.Length == 0 && uri.UserInfo.Length == 0),
            $"Lake:S3:Endpoint is http:// or https:// with a host and perhaps a port, and nothing else (value: {Endpoint}).");
        Check(ConnectTimeout >= TimeSpan.FromMilliseconds(100) && ConnectTimeout <= TimeSpan.FromMinutes(1), $"Lake:S3:ConnectTimeout is 100 ms to 1 min (value: {ConnectTimeout}).");
        Check(RequestTimeout >= TimeSpan.FromMilliseconds(100) && RequestTimeout <= TimeSpan.FromMinutes(10), $"Lake:S3:RequestTimeout is 100 ms to 10 min (value: {RequestTimeout}).");
        Check(Retries is >= 0 and <= 20, $"Lake:S3:Retries is 0 to 20 (value: {Retries}).");
        Check(PartBytes is >= 5L << 20 and <= 5L << 30, $"Lake:S3:PartBytes is 5 MiB to 5 GiB (value: {PartBytes}).");
        Check(ParallelParts is >= 1 and <= 64, $"Lake:S3:ParallelParts is 1 to 64 (value: {ParallelParts}).");
        return errors;

        void Check(bool good, string error)
        {
            if (!good)
            {
                errors.Add(error);
            }
        }
    }

    internal void Validate()
    {
        if (Errors() is { Count: > 0 } errors)
        {
            throw TarnException.InvalidInput(string.Join(" ", errors), null);
        }
    }
}
