using System.Text;
using Microsoft.AspNetCore.Mvc;
using Tarn.Core;

namespace Quakes.Api;

/// <summary>What events a request asks for.</summary>
internal sealed record EventFilter
{
    [FromQuery(Name = "from")]
    public DateTimeOffset? From { get; init; }

    [FromQuery(Name = "to")]
    public DateTimeOffset? To { get; init; }

    [FromQuery(Name = "minMagnitude")]
    public double? MinMagnitude { get; init; }

    [FromQuery(Name = "maxMagnitude")]
    public double? MaxMagnitude { get; init; }

    [FromQuery(Name = "type")]
    public string? Type { get; init; }

    [FromQuery(Name = "region")]
    public string? Region { get; init; }

    [FromQuery(Name = "includeDeleted")]
    public bool? IncludeDeleted { get; init; }

    [FromQuery(Name = "asKnownAt")]
    public DateTimeOffset? AsKnownAt { get; init; }

    [FromQuery(Name = "limit")]
    public int? Limit { get; init; }

    /// <exception cref="TarnException">A value breaks a rule; the error names it.</exception>
    public void Validate()
    {
        if (From > To)
        {
            throw TarnException.InvalidInput("from is not after to.", $"from={From:O}, to={To:O}");
        }

        if (MinMagnitude is { } least && !double.IsFinite(least))
        {
            throw TarnException.InvalidInput("minMagnitude is a finite number.", $"minMagnitude={least}");
        }

        if (MaxMagnitude is { } most && !double.IsFinite(most))
        {
            throw TarnException.InvalidInput("maxMagnitude is a finite number.", $"maxMagnitude={most}");
        }

        if (MinMagnitude > MaxMagnitude)
        {
            throw TarnException.InvalidInput("minMagnitude is not greater than maxMagnitude.", FormattableString.Invariant($"minMagnitude={MinMagnitude}, maxMagnitude={MaxMagnitude}"));
        }

        if (Limit is < 1 or > 20_000)
        {
            throw TarnException.InvalidInput("limit is 1 to 20,000.", FormattableString.Invariant($"limit={Limit}"));
        }

        foreach (var (name, text) in new[] { ("type", Type), ("region", Region) })
        {
            if (text?.Length > 200)
            {
                throw TarnException.InvalidInput($"{name} has at most 200 characters.", $"{name}={text[..40]}…");
            }
        }
    }

    /// <summary>The conditions in SQL; every value is a parameter.</summary>
    public string ToSql(Dictionary<string, object?> parameters)
    {
        var text = new StringBuilder(" WHERE true");
        Add("e.time >= $from", "from", From);
        Add("e.time <= $to", "to", To);
        Add("e.mag >= $min", "min", MinMagnitude);
        Add("e.mag <= $max", "max", MaxMagnitude);
        Add("lower(e.event_type) = lower($type)", "type", string.IsNullOrEmpty(Type) ? null : Type);
        Add("contains(lower(e.place), lower($region))", "region", string.IsNullOrEmpty(Region) ? null : Region);
        if (IncludeDeleted is not true)
        {
            text.Append(" AND NOT e.is_deleted");
        }

        return text.ToString();

        void Add(string condition, string name, object? value)
        {
            if (value is not null)
            {
                text.Append(" AND ").Append(condition);
                parameters[name] = value is DateTimeOffset time ? time.ToUniversalTime() : value;
            }
        }
    }
}
