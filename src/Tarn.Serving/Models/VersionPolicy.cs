using System.Globalization;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>Which versions of a model are loaded: the latest few, all, named ones, or those that have an alias.</summary>
public sealed record VersionPolicy
{
    private VersionPolicy()
    {
    }

    /// <summary>All versions.</summary>
    public static VersionPolicy All { get; } = new() { Count = int.MaxValue };

    /// <summary>Those that have an alias; where none has, the latest.</summary>
    public static VersionPolicy Aliased { get; } = new();

    /// <summary>How many of the latest; 0 for the other kinds.</summary>
    public int Count { get; private init; }

    /// <summary>The named ones; empty for the other kinds.</summary>
    public IReadOnlyList<long> Named { get; private init; } = [];

    /// <summary>The latest <paramref name="count"/> versions, by their number.</summary>
    public static VersionPolicy Latest(int count) => count >= 1
        ? new VersionPolicy { Count = count }
        : throw TarnException.InvalidInput("A version policy keeps at least one version.", count.ToString(CultureInfo.InvariantCulture));

    /// <summary>These versions.</summary>
    public static VersionPolicy Of(params IReadOnlyList<long> versions) => versions.Count > 0
        ? new VersionPolicy { Named = [.. versions.Distinct().Order()] }
        : throw TarnException.InvalidInput("A version policy of named versions names at least one.", null);

    /// <summary>Reads a policy: <c>all</c>, <c>aliased</c>, <c>latest</c>, <c>latest:3</c>, or numbers as in <c>3,7</c>.</summary>
    /// <exception cref="TarnException">The text is none of these.</exception>
    public static VersionPolicy Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.Trim();
        if (trimmed is "all")
        {
            return All;
        }

        if (trimmed is "aliased")
        {
            return Aliased;
        }

        if (trimmed is "latest")
        {
            return Latest(1);
        }

        if (trimmed.StartsWith("latest:", StringComparison.Ordinal) && int.TryParse(trimmed.AsSpan(7), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0)
        {
            return Latest(count);
        }

        var numbers = new List<long>();
        foreach (var part in trimmed.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                throw TarnException.InvalidInput("A version policy is all, aliased, latest, latest:N, or version numbers separated by commas.", text, "For example latest:2 or 3,7.");
            }

            numbers.Add(number);
        }

        return Of(numbers);
    }

    /// <summary>The versions to load of those that there are.</summary>
    /// <param name="versions">All versions.</param>
    /// <param name="aliased">Those among them that have an alias.</param>
    public IReadOnlyList<long> Choose(IReadOnlyCollection<long> versions, IReadOnlyCollection<long> aliased)
    {
        ArgumentNullException.ThrowIfNull(versions);
        ArgumentNullException.ThrowIfNull(aliased);
        if (Named.Count > 0)
        {
            return [.. Named.Where(versions.Contains)];
        }

        if (Count == 0 && aliased.Count > 0)
        {
            return [.. aliased.Where(versions.Contains).Distinct().Order()];
        }

        return [.. versions.OrderDescending().Take(Math.Max(1, Count)).Order()];
    }

    /// <summary>The policy as <see cref="Parse"/> reads it.</summary>
    public override string ToString() => Named.Count > 0 ? string.Join(',', Named)
        : Count == int.MaxValue ? "all"
        : Count == 0 ? "aliased"
        : Count == 1 ? "latest"
        : string.Create(CultureInfo.InvariantCulture, $"latest:{Count}");
}
