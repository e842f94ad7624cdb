namespace Tarn.Registry;

/// <summary>A registered model: a name, under which versions stand.</summary>
/// <param name="Name">Its name: 1 to 256 characters, without <c>/</c> and <c>:</c>.</param>
/// <param name="Description">What it is; may be empty.</param>
/// <param name="CreatedAt">When it was registered.</param>
/// <param name="UpdatedAt">When it, a version or an alias of it was last changed.</param>
/// <param name="LastVersion">The greatest version number given out so far; 0 for none. A number is never used again.</param>
/// <param name="Aliases">Its aliases, each with the version that it means.</param>
/// <param name="Tags">Its tags.</param>
public sealed record RegisteredModel(
    string Name,
    string Description,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    long LastVersion,
    IReadOnlyList<KeyValuePair<string, long>> Aliases,
    IReadOnlyList<KeyValuePair<string, string>> Tags);

/// <summary>A version of a registered model. Its files never change.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">Its number, from 1.</param>
/// <param name="Source">The URI of where its files are, or, where they were copied here, came from.</param>
/// <param name="RunId">The training run that made it; null where nobody said.</param>
/// <param name="RunLink">A link to that run elsewhere; null where nobody said.</param>
/// <param name="Description">What is new in it; may be empty.</param>
/// <param name="User">Who registered it; may be empty.</param>
/// <param name="Stage">Its stage in MLflow's older way of marking versions: None, Staging, Production or Archived. It has no effect: aliases say what is used.</param>
/// <param name="Folder">The folder of its files in the <see cref="ArtifactStore"/>; null where they are elsewhere.</param>
/// <param name="Files">Its files here, by path.</param>
/// <param name="CreatedAt">When it was registered.</param>
/// <param name="UpdatedAt">When its description, stage or a tag was last changed.</param>
public sealed record ModelVersion(
    string Model,
    long Version,
    string Source,
    string? RunId,
    string? RunLink,
    string Description,
    string User,
    string Stage,
    string? Folder,
    IReadOnlyList<ModelFile> Files,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    /// <summary>The file of the model itself.</summary>
    public const string ModelFileName = "model.onnx";

    /// <summary>The file that says what goes in and comes out.</summary>
    public const string SignatureFileName = "signature.json";

    /// <summary>The aliases that mean it.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Its tags.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Tags { get; init; } = [];

    /// <summary>The URI by which clients get its files.</summary>
    public string DownloadUri => Folder is null ? Source : ArtifactUris.OfFolder(Folder);
}

/// <summary>A version to be registered.</summary>
public sealed record NewModelVersion
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>Whether the model is registered too where it is not yet; default true.</summary>
    public bool CreateModel { get; init; } = true;

    /// <summary>Its files. They are kept before the version can be seen.</summary>
    public IReadOnlyList<ArtifactSource> Files { get; init; } = [];

    /// <summary>Where its files come from, or, without <see cref="Files"/>, are; null for here.</summary>
    public string? Source { get; init; }

    /// <summary>The training run that made it.</summary>
    public string? RunId { get; init; }

    /// <summary>A link to that run elsewhere.</summary>
    public string? RunLink { get; init; }

    /// <summary>What is new in it.</summary>
    public string Description { get; init; } = "";

    /// <summary>Who registers it.</summary>
    public string User { get; init; } = "";

    /// <summary>Its tags.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Tags { get; init; } = [];
}

/// <summary>What models or versions are searched for.</summary>
public sealed record ModelSearch
{
    /// <summary>The filter, as in <c>name LIKE 'pizza%' AND tags.task = 'classification'</c>; of versions also run_id, source_path, version_number. Null for all.</summary>
    public string? Filter { get; init; }

    /// <summary>The order, as in <c>name ASC</c>; by name, creation_timestamp, last_updated_timestamp, of versions also version_number. Default: by name, of versions then the newest first.</summary>
    public IReadOnlyList<string> OrderBy { get; init; } = [];

    /// <summary>The most; 1 to 200,000, default 100.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>So many are passed over first; from 0.</summary>
    public long Offset { get; init; }
}
