using Tarn.Core;

namespace Tarn.Log;

/// <summary>The rule for names of topics and consumer groups: Kafka's, without its names that begin with a sign, which are Tarn's own files.</summary>
internal static class TopicName
{
    public const int MaxLength = 200;

    public static void Require(string name, string what)
    {
        if (name.Length is 0 or > MaxLength || !char.IsAsciiLetterOrDigit(name[0]) || name.AsSpan().ContainsAnyExcept(Allowed))
        {
            throw TarnException.InvalidInput(
                $"The name of a {what} is 1 to {MaxLength} letters, digits, dots, underscores and hyphens, the first a letter or a digit.",
                name,
                "For example earthquakes or pizza.public.orders.");
        }
    }

    /// <summary>Names that are equal in this form cannot be told apart by a file system or by Kafka's metrics, so only one of them may exist.</summary>
    public static string Fold(string name) => name.ToLowerInvariant().Replace('.', '_');

    private static readonly System.Buffers.SearchValues<char> Allowed =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
}
