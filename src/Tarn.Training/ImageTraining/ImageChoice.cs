namespace Tarn.Training;

/// <summary>What a search chose, by cross-validation over the images to learn from and to choose by. Goes to JSON and back.</summary>
public sealed record ImageChoice
{
    /// <summary>The backbone's name.</summary>
    public required string Backbone { get; init; }

    /// <summary>Its hash: another file under the name is another backbone.</summary>
    public required string BackboneHash { get; init; }

    /// <summary>Views of each training image.</summary>
    public required int Views { get; init; }

    /// <summary>The head.</summary>
    public required HeadSpec Head { get; init; }

    /// <summary>Its cross-validated log loss, calibrated.</summary>
    public required double LogLoss { get; init; }

    /// <summary>Its cross-validated accuracy.</summary>
    public required double Accuracy { get; init; }

    /// <summary>Trials that were made.</summary>
    public required int Trials { get; init; }

    /// <summary>Trials that failed, and gave no head.</summary>
    public int Failed { get; init; }

    /// <summary>Trials that had been made by an attempt before, and were not made again.</summary>
    public int Resumed { get; init; }

    /// <summary>How long the search took, in seconds; what had been done before is not in it.</summary>
    public double Seconds { get; init; }

    /// <summary>The best of each backbone.</summary>
    public IReadOnlyList<BackboneTrial> PerBackbone { get; init; } = [];
}

/// <summary>The best trial on one backbone.</summary>
/// <param name="Backbone">The backbone.</param>
/// <param name="Trials">Trials on it.</param>
/// <param name="LogLoss">The best one's cross-validated log loss.</param>
/// <param name="Accuracy">Its cross-validated accuracy.</param>
/// <param name="Parameters">Its parameters, JSON.</param>
public sealed record BackboneTrial(string Backbone, int Trials, double LogLoss, double Accuracy, string Parameters);

/// <summary>How many embeddings of a backbone there are.</summary>
/// <param name="Backbone">The backbone.</param>
/// <param name="Dimension">The numbers of each.</param>
/// <param name="Rows">Views of images.</param>
/// <param name="Computed">How many were computed now; the others were kept from before.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record EmbeddedBackbone(string Backbone, int Dimension, int Rows, int Computed, double Seconds);
