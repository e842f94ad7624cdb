namespace Tarn.Training;

/// <summary>Trains a head on rows of numbers; what it exports takes such rows: input <c>features</c> float [N, D], outputs <c>probabilities</c> float [N, C] and <c>label</c> string [N].</summary>
public sealed class FeatureTrainer : Trainer<HeadData>
{
    private readonly HeadTraining _training;

    /// <summary>A trainer.</summary>
    /// <param name="spec">The head; its seed is taken from the run.</param>
    /// <param name="calibrate">Whether the temperature is found on the validation rows. Default true.</param>
    public FeatureTrainer(HeadSpec spec, bool calibrate = true) => _training = new HeadTraining(spec, calibrate);

    /// <inheritdoc/>
    public override string Kind => "features";

    /// <inheritdoc/>
    public override Task<TrainedModel<HeadData>> FitAsync(HeadData train, HeadData? validation, TrainerRun run, CancellationToken cancellation = default) =>
        _training.FitAsync(train, validation, run, FeatureModel.Export, cancellation);
}

/// <summary>Trains a head on embeddings of images; what it exports takes the images (<see cref="ImageModel"/>), so that nothing is computed one way here and another way in serving.</summary>
public sealed class ImageTrainer : Trainer<HeadData>
{
    private readonly HeadTraining _training;
    private readonly Backbone _backbone;

    /// <summary>A trainer.</summary>
    /// <param name="backbone">The backbone that gave the embeddings.</param>
    /// <param name="spec">The head; its seed is taken from the run.</param>
    /// <param name="calibrate">Whether the temperature is found on the validation rows. Default true.</param>
    public ImageTrainer(Backbone backbone, HeadSpec spec, bool calibrate = true) => (_backbone, _training) = (backbone, new HeadTraining(spec, calibrate));

    /// <inheritdoc/>
    public override string Kind => "image";

    /// <inheritdoc/>
    public override Task<TrainedModel<HeadData>> FitAsync(HeadData train, HeadData? validation, TrainerRun run, CancellationToken cancellation = default) =>
        _training.FitAsync(train, validation, run, head => ImageModel.Export(_backbone, head).ByName, cancellation);
}
