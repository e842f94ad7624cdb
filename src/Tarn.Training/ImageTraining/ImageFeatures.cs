using System.Collections.Concurrent;

namespace Tarn.Training;

/// <summary>The embeddings of a dataset by one backbone, ready for heads. Safe for use from several threads.</summary>
internal sealed class ImageFeatures
{
    private readonly ConcurrentDictionary<int, HeadData> _byViews = new();
    private readonly EmbeddingSet _train;
    private readonly IReadOnlyList<string> _classes;

    public ImageFeatures(EmbeddingSet train, EmbeddingSet validation, EmbeddingSet test, IReadOnlyList<string> classes)
    {
        (_train, _classes) = (train, classes);
        Validation = Data(validation, classes);
        Test = Data(test, classes);
        Computed = train.Computed + validation.Computed + test.Computed;
    }

    public HeadData Validation { get; }

    public HeadData Test { get; }

    /// <summary>Embeddings that were not there before.</summary>
    public int Computed { get; }

    public int Rows => _train.Rows.Rows + Validation.Labels.Count + Test.Labels.Count;

    public int Dimension => _train.Rows.Columns;

    /// <summary>The training images with their first views.</summary>
    public HeadData Train(int views) => _byViews.GetOrAdd(views, n => n == _train.Views ? Data(_train, _classes) : Some(n));

    private HeadData Some(int views)
    {
        var rows = Enumerable.Range(0, _train.Images.Count).SelectMany(i => Enumerable.Range(i * _train.Views, views)).ToArray();
        var (labels, names) = (_train.Labels(_classes), Names(_train));
        return new HeadData(_train.Rows.Select(rows), [.. rows.Select(r => labels[r])], _classes, [.. rows.Select(r => names[r])]);
    }

    private static HeadData Data(EmbeddingSet set, IReadOnlyList<string> classes) => new(set.Rows, set.Labels(classes), classes, Names(set));

    private static List<string> Names(EmbeddingSet set) => [.. set.Images.SelectMany(i => Enumerable.Range(0, set.Views).Select(v => v == 0 ? i.Path : $"{i.Path} (view {v})"))];
}
