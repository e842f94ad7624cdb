namespace Tarn.Registry;

/// <summary>An experiment: what training runs that belong together stand under.</summary>
/// <param name="Id">Its id, a number from 0; 0 is <see cref="DefaultName"/>, which is always there.</param>
/// <param name="Name">Its name, unique also among deleted ones.</param>
/// <param name="ArtifactLocation">The URI below which its runs keep their artifacts; <c>mlflow-artifacts:/ID</c> for those that are kept here.</param>
/// <param name="State">Whether it was deleted.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When its name, a tag or its state was last changed.</param>
/// <param name="Tags">Its tags.</param>
public sealed record Experiment(
    long Id, string Name, string ArtifactLocation, LifecycleState State, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, IReadOnlyDictionary<string, string> Tags)
{
    /// <summary>The name of the experiment 0.</summary>
    public const string DefaultName = "Default";
}

/// <summary>What experiments are searched for.</summary>
public sealed record ExperimentSearch
{
    /// <summary>The filter, as in <c>name LIKE 'pizza%' AND tags.team = 'vision'</c>; null for all. Attributes: name, creation_time, last_update_time; and tags.</summary>
    public string? Filter { get; init; }

    /// <summary>The order, as in <c>name ASC</c>; by name, experiment_id, creation_time, last_update_time. Default: the newest first.</summary>
    public IReadOnlyList<string> OrderBy { get; init; } = [];

    /// <summary>Whether deleted ones are wanted; default not.</summary>
    public LifecycleView View { get; init; }

    /// <summary>The most; 1 to 50,000, default 1,000.</summary>
    public int Limit { get; init; } = 1000;

    /// <summary>So many are passed over first; from 0.</summary>
    public long Offset { get; init; }
}
