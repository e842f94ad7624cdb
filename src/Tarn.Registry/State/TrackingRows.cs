using System.Globalization;
using System.Text.Json;
using Tarn.Core;

namespace Tarn.Registry;

/// <summary>A row of an experiment.</summary>
internal sealed class ExperimentRow
{
    public const string Columns = "r.id AS Id, r.name AS Name, r.artifact_location AS ArtifactLocation, r.state AS State, r.created_at AS CreatedAt, r.updated_at AS UpdatedAt, r.deleted_at AS DeletedAt";

    public long Id { get; set; }

    public string Name { get; set; } = "";

    public string ArtifactLocation { get; set; } = "";

    public string State { get; set; } = "";

    public long CreatedAt { get; set; }

    public long UpdatedAt { get; set; }

    public long? DeletedAt { get; set; }

    public Experiment Experiment(IReadOnlyDictionary<string, string> tags) => new(
        Id, Name, ArtifactLocation, StateNames.LifecycleOf(State), Instant.FromMicroseconds(CreatedAt), Instant.FromMicroseconds(UpdatedAt), tags);
}

/// <summary>A row of a training run.</summary>
internal sealed class RunRow
{
    public const string Columns =
        "r.seq AS Seq, r.id AS Id, r.experiment AS Experiment, r.name AS Name, r.user_id AS UserId, r.status AS Status, r.state AS State, r.started_at AS StartedAt, r.ended_at AS EndedAt, r.artifact_location AS ArtifactLocation";

    public long Seq { get; set; }

    public string Id { get; set; } = "";

    public long Experiment { get; set; }

    public string Name { get; set; } = "";

    public string UserId { get; set; } = "";

    public string Status { get; set; } = "";

    public string State { get; set; } = "";

    public long StartedAt { get; set; }

    public long? EndedAt { get; set; }

    public string ArtifactLocation { get; set; } = "";

    public TrainingRun Run() => new(
        Id,
        Experiment,
        Name,
        UserId,
        StateNames.StatusOf(Status),
        StateNames.LifecycleOf(State),
        Instant.FromMicroseconds(StartedAt),
        EndedAt is { } ended ? Instant.FromMicroseconds(ended) : null,
        ArtifactLocation);
}

/// <summary>A name and a value that belong to something.</summary>
internal sealed class NamedRow
{
    public long Owner { get; set; }

    public string Name { get; set; } = "";

    public string Value { get; set; } = "";
}

/// <summary>A row of a metric's point.</summary>
internal sealed class MetricRow
{
    public long Run { get; set; }

    public string Name { get; set; } = "";

    public double Value { get; set; }

    public long IsNan { get; set; }

    public long Step { get; set; }

    public long AtMs { get; set; }

    public Metric Metric() => new(Name, IsNan != 0 ? double.NaN : Value, Step, AtMs);
}

/// <summary>A row of a dataset that a run read.</summary>
internal sealed class InputRow
{
    public long Run { get; set; }

    public string Name { get; set; } = "";

    public string Digest { get; set; } = "";

    public string SourceType { get; set; } = "";

    public string Source { get; set; } = "";

    public string? TableSchema { get; set; }

    public string? Profile { get; set; }

    public string Tags { get; set; } = "{}";

    public RunInput Input() => new(Name, Digest, SourceType, Source)
    {
        Schema = TableSchema,
        Profile = Profile,
        Tags = JsonSerializer.Deserialize(Tags, RegistryJson.Default.DictionaryStringString) ?? [],
    };
}

/// <summary>Ids as texts.</summary>
internal static class ExperimentIds
{
    /// <summary>The id that a text says.</summary>
    /// <exception cref="TarnException">There is no experiment of that id.</exception>
    public static long Parse(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
        ? id
        : throw TarnException.NotFound("An experiment's id is a number.", TrackingRules.Short(text), "See the list of experiments.");
}
