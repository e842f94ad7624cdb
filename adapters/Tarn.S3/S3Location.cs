using System.Diagnostics.CodeAnalysis;
using Tarn.Core;

namespace Tarn.S3;

/// <summary>Where a store is in S3: a bucket, and in it all keys that start with a prefix.</summary>
/// <param name="Bucket">The bucket's name.</param>
/// <param name="Prefix">The folder in it, without slashes at its ends; empty for the whole bucket.</param>
public readonly record struct S3Location(string Bucket, string Prefix)
{
    private const string Rule = "A place in S3 is written s3://bucket or s3://bucket/prefix: a bucket's name has 3 to 63 of a-z, 0-9, '.' and '-', and no part of a prefix is empty, '.' or '..'.";

    /// <summary>Whether a text starts as a place in S3 does: with <c>s3://</c>, or as Spark's users write it, with <c>s3a://</c>.</summary>
    public static bool IsS3(string text) =>
        text.StartsWith("s3://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("s3a://", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads <c>s3://bucket/prefix</c> (or <c>s3a://</c>).</summary>
    /// <exception cref="TarnException">It is not written so.</exception>
    public static S3Location Parse(string text) =>
        TryParse(text, out var location, out var rule) ? location : throw TarnException.InvalidInput(rule, text, "For example s3://my-lake/tarn.");

    /// <summary>Reads <c>s3://bucket/prefix</c> (or <c>s3a://</c>); where it is not written so, tells the rule.</summary>
    public static bool TryParse(string text, out S3Location location, [NotNullWhen(false)] out string? rule)
    {
        location = default;
        rule = Rule;
        if (!IsS3(text))
        {
            return false;
        }

        var rest = text[(text.IndexOf("://", StringComparison.Ordinal) + 3)..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var bucket = slash < 0 ? rest : rest[..slash];
        var prefix = slash < 0 ? "" : rest[(slash + 1)..].TrimEnd('/');
        var isBucket = bucket.Length is >= 3 and <= 63 && bucket.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-');
        if (!isBucket || (prefix.Length > 0 && prefix.Split('/').Any(static part => part is "" or "." or "..")) || prefix.Any(static c => c < ' ' || c == '\\'))
        {
            return false;
        }

        location = new S3Location(bucket, prefix);
        rule = null;
        return true;
    }

    /// <summary><c>s3://bucket/prefix</c>.</summary>
    public override string ToString() => Prefix.Length == 0 ? $"s3://{Bucket}" : $"s3://{Bucket}/{Prefix}";
}
