using System.Text.Json.Serialization;

namespace Tarn.Training;

/// <summary>How a head's weights are found.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HeadOptimizer>))]
public enum HeadOptimizer
{
    /// <summary>Adam with decoupled weight decay, on shuffled batches (Kingma and Ba, 2015; Loshchilov and Hutter, 2019).</summary>
    Adam,

    /// <summary>L-BFGS on all rows at once with a line search that keeps the strong Wolfe conditions (Nocedal and Wright, 2006). For heads without dropout and mixup.</summary>
    Lbfgs,
}

/// <summary>How much the rows of each class count.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ClassWeighting>))]
public enum ClassWeighting
{
    /// <summary>Every row counts the same.</summary>
    None,

    /// <summary>Every class counts the same: a row of class c counts rows ÷ (classes × rows of c).</summary>
    Balanced,
}

/// <summary>
/// What a head is and how it is trained. A head without hidden layers is softmax (multinomial logistic) regression; with them it is a perceptron: dense → ReLU → dropout for each
/// hidden layer, then dense → softmax. The loss is cross-entropy, the weighted mean over rows.
/// </summary>
public sealed record HeadSpec
{
    /// <summary>The units of each hidden layer, first to last: up to 8 layers of 1 to 16,384 units. Default: none, logistic regression.</summary>
    public IReadOnlyList<int> HiddenSizes { get; init; } = [];

    /// <summary>The share of each hidden layer's outputs that is set to 0 in training, the others scaled by 1 ÷ (1 − share). 0 to 0.95; default 0.</summary>
    public double Dropout { get; init; }

    /// <summary>How weights are found. Default Adam.</summary>
    public HeadOptimizer Optimizer { get; init; } = HeadOptimizer.Adam;

    /// <summary>Adam's first learning rate, over 0 and up to 10; default 0.001. L-BFGS finds its own steps.</summary>
    public double LearningRate { get; init; } = 0.001;

    /// <summary>Rows of an Adam batch, 1 to 1,000,000; default 128.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Passes over the rows (Adam) or iterations (L-BFGS) at most, 1 to 1,000,000; default 100.</summary>
    public int Epochs { get; init; } = 100;

    /// <summary>Whether each column is brought to mean 0 and deviation 1 over the training rows first; the head carries both numbers. A column that never changes is only centred. Default true.</summary>
    public bool Standardise { get; init; } = true;

    /// <summary>How much rows of each class count, where <see cref="ExplicitClassWeights"/> says nothing. Default: all the same.</summary>
    public ClassWeighting ClassWeights { get; init; } = ClassWeighting.None;

    /// <summary>A weight over 0 for each class in the classes' order, or null. They are scaled so that their mean over the training rows is 1.</summary>
    public IReadOnlyList<double>? ExplicitClassWeights { get; init; }

    /// <summary>The share ε of each label spread evenly over all classes (Szegedy et al., 2016). 0 to under 1; default 0.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>
    /// What pulls weights (not biases) to 0, 0 to 1,000; default 0.0001. Adam takes rate × decay × weight off at each step (decoupled); L-BFGS adds ½ × decay × Σ weight² to the loss.
    /// </summary>
    public double WeightDecay { get; init; } = 0.0001;

    /// <summary>α of mixup: rows are mixed pairwise with a share from Beta(α, α), drawn for each batch (Zhang et al., 2018). 0 to 10; default 0, off. Adam only.</summary>
    public double Mixup { get; init; }

    /// <summary>Epochs without a better loss (of the validation rows; of the training rows where there are none) after which training stops; 0: never. Default 10.</summary>
    public int EarlyStoppingPatience { get; init; } = 10;

    /// <summary>By how much a loss must be lower to be better, for early stopping and the plateau; at least 0, default 0.0001.</summary>
    public double MinimumImprovement { get; init; } = 0.0001;

    /// <summary>Epochs without a better loss after which Adam's learning rate is multiplied by <see cref="PlateauFactor"/>; 0: never. Default 5.</summary>
    public int PlateauPatience { get; init; } = 5;

    /// <summary>What the learning rate is multiplied by on a plateau, over 0 and under 1; default 0.3.</summary>
    public double PlateauFactor { get; init; } = 0.3;

    /// <summary>Where the learning rate stops falling, at least 0; default 0.000001.</summary>
    public double MinimumLearningRate { get; init; } = 0.000001;

    /// <summary>The largest gradient component at which L-BFGS has arrived, over 0; default 0.00001.</summary>
    public double GradientTolerance { get; init; } = 0.00001;

    /// <summary>What all randomness is drawn from: first weights, order of rows, dropout, mixup. Default 0. Equal seeds give equal heads, bit for bit, on the same kind of processor.</summary>
    public long Seed { get; init; }
}
