namespace Tarn.Registry;

/// <summary>What an attribute's values are.</summary>
internal enum AttributeKind
{
    /// <summary>Texts.</summary>
    Text,

    /// <summary>Whole numbers.</summary>
    Number,

    /// <summary>Instants: milliseconds in a filter, microseconds in the table.</summary>
    Time,
}

/// <summary>An attribute that can be searched for.</summary>
/// <param name="Column">The SQL that yields it.</param>
/// <param name="Kind">What its values are.</param>
/// <param name="InFilter">Whether filters may name it; orders may always.</param>
/// <param name="InOrder">Whether orders may name it.</param>
/// <param name="Lists">Whether it can be compared with a list.</param>
internal sealed record SearchAttribute(string Column, AttributeKind Kind = AttributeKind.Text, bool InFilter = true, bool InOrder = true, bool Lists = false);

/// <summary>A kind of thing that stands in a table of its own with a name: metrics, params, tags, datasets.</summary>
/// <param name="Table">The table.</param>
/// <param name="Join">How a row of it, named <c>x</c>, belongs to what is searched.</param>
internal sealed record SearchEntity(string Table, string Join);

/// <summary>What a filter and an order may name, and what it is in SQL.</summary>
internal sealed class SearchScope
{
    /// <summary>Training runs, as <c>r</c>.</summary>
    public static SearchScope Runs { get; } = new()
    {
        What = "a run",
        Attributes = new(StringComparer.Ordinal)
        {
            ["run_id"] = new("r.id", Lists: true),
            ["run_name"] = new("r.name"),
            ["Run name"] = new("r.name"),
            ["run name"] = new("r.name"),
            ["Run Name"] = new("r.name"),
            ["status"] = new("r.status"),
            ["user_id"] = new("r.user_id"),
            ["artifact_uri"] = new("r.artifact_location"),
            ["start_time"] = new("r.started_at", AttributeKind.Time),
            ["created"] = new("r.started_at", AttributeKind.Time),
            ["Created"] = new("r.started_at", AttributeKind.Time),
            ["end_time"] = new("r.ended_at", AttributeKind.Time),
            ["experiment_id"] = new("r.experiment", AttributeKind.Number, InFilter: false),
        },
        Metrics = new SearchEntity("training_metric", "x.run = r.seq"),
        Params = new SearchEntity("training_param", "x.run = r.seq"),
        Tags = new SearchEntity("training_tag", "x.run = r.seq"),
        Inputs = new SearchEntity("training_input", "x.run = r.seq"),
    };

    /// <summary>Experiments, as <c>r</c>.</summary>
    public static SearchScope Experiments { get; } = new()
    {
        What = "an experiment",
        Attributes = new(StringComparer.Ordinal)
        {
            ["name"] = new("r.name"),
            ["experiment_id"] = new("r.id", AttributeKind.Number, InFilter: false),
            ["creation_time"] = new("r.created_at", AttributeKind.Time),
            ["last_update_time"] = new("r.updated_at", AttributeKind.Time),
        },
        Tags = new SearchEntity("experiment_tag", "x.experiment = r.id"),
    };

    /// <summary>Registered models, as <c>r</c>.</summary>
    public static SearchScope Models { get; } = new()
    {
        What = "a registered model",
        Attributes = new(StringComparer.Ordinal)
        {
            ["name"] = new("r.name"),
            ["creation_timestamp"] = new("r.created_at", AttributeKind.Time, InFilter: false),
            ["timestamp"] = new("r.updated_at", AttributeKind.Time, InFilter: false),
            ["last_updated_timestamp"] = new("r.updated_at", AttributeKind.Time, InFilter: false),
        },
        Tags = new SearchEntity("registered_model_tag", "x.model = r.id"),
    };

    /// <summary>Model versions, as <c>r</c>, with their models as <c>m</c>.</summary>
    public static SearchScope Versions { get; } = new()
    {
        What = "a model version",
        Attributes = new(StringComparer.Ordinal)
        {
            ["name"] = new("m.name"),
            ["version_number"] = new("r.version", AttributeKind.Number),
            ["run_id"] = new("r.run", Lists: true),
            ["source_path"] = new("r.source"),
            ["creation_timestamp"] = new("r.created_at", AttributeKind.Time, InFilter: false),
            ["last_updated_timestamp"] = new("r.updated_at", AttributeKind.Time, InFilter: false),
        },
        Tags = new SearchEntity("model_version_tag", "x.model = r.model AND x.version = r.version"),
    };

    public required string What { get; init; }

    public required Dictionary<string, SearchAttribute> Attributes { get; init; }

    public SearchEntity? Metrics { get; init; }

    public SearchEntity? Params { get; init; }

    public SearchEntity? Tags { get; init; }

    public SearchEntity? Inputs { get; init; }
}
