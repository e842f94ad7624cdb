using System.Collections.Concurrent;

namespace Tarn.Training;

/// <summary>The embeddings of a dataset by one backbone, ready for heads. Safe for use from several threads.</summary>
internal sealed class ImageFeatures
{
    /// <summary>The fold of what is too rare to be left out of any training.</summary>
    private const int Never = -1;

    private readonly ConcurrentDictionary<int, int[]> _folds = new();
    private readonly EmbeddingSet _train;
    private readonly EmbeddingSet _validation;
    private readonly IReadOnlyList<string> _classes;

    public ImageFeatures(EmbeddingSet train, EmbeddingSet validation, EmbeddingSet test, IReadOnlyList<string> classes)
    {
        (_train, _validation, _classes) = (train, validation, classes);
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
    public HeadData Train(int views) => views == _train.Views ? Data(_train, _classes) : Pick([.. RowsOf(views, i => i < _train.Images.Count)]);

    /// <summary>
    /// Of the images to learn from and to choose by those outside of a fold, with their first views, and those in it, as they are. Groups of images that belong together are in one fold, the
    /// folds of each class of a size; of a class with a single group nothing is left out.
    /// </summary>
    /// <param name="fold">Which fold.</param>
    /// <param name="folds">How many there are, at least 2.</param>
    /// <param name="views">Views of each image to learn from.</param>
    public (HeadData Outside, HeadData Inside) Fold(int fold, int folds, int views)
    {
        var of = _folds.GetOrAdd(folds, Assign);
        return (Pick([.. RowsOf(views, i => of[i] != fold)]), Pick([.. RowsOf(1, i => of[i] == fold)]));
    }

    /// <summary>The fold of each image: the training images first, then the others.</summary>
    private int[] Assign(int folds)
    {
        var images = _train.Images.Concat(_validation.Images).ToList();
        var byGroup = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var ofClass in images.GroupBy(static i => i.GroupId, StringComparer.Ordinal).GroupBy(static g => g.First().Label, StringComparer.Ordinal))
        {
            var groups = ofClass.Select(static g => g.Key).Order(StringComparer.Ordinal).ToList();
            for (var i = 0; i < groups.Count; i++)
            {
                byGroup[groups[i]] = groups.Count == 1 ? Never : i % folds;
            }
        }

        return [.. images.Select(i => byGroup[i.GroupId])];
    }

    /// <summary>Rows of images, each as (set, row): of training images the first views, of the others the one that there is.</summary>
    private IEnumerable<(EmbeddingSet Set, int Row)> RowsOf(int views, Func<int, bool> isWanted)
    {
        for (var i = 0; i < _train.Images.Count; i++)
        {
            for (var v = 0; v < views && isWanted(i); v++)
            {
                yield return (_train, (i * _train.Views) + v);
            }
        }

        for (var i = 0; i < _validation.Images.Count; i++)
        {
            if (isWanted(_train.Images.Count + i))
            {
                yield return (_validation, i);
            }
        }
    }

    private HeadData Pick(IReadOnlyList<(EmbeddingSet Set, int Row)> rows)
    {
        var place = _classes.Select(static (name, index) => (name, index)).ToDictionary(static c => c.name, static c => c.index, StringComparer.Ordinal);
        var features = new FloatMatrix(rows.Count, Dimension);
        for (var r = 0; r < rows.Count; r++)
        {
            rows[r].Set.Rows.Row(rows[r].Row).CopyTo(features.Row(r));
        }

        return new HeadData(features, [.. rows.Select(r => place[ImageOf(r).Label])], _classes, [.. rows.Select(static r => NameOf(r.Set, r.Row))]);
    }

    private static HeadData Data(EmbeddingSet set, IReadOnlyList<string> classes) =>
        new(set.Rows, set.Labels(classes), classes, [.. Enumerable.Range(0, set.Rows.Rows).Select(r => NameOf(set, r))]);

    private static DatasetImage ImageOf((EmbeddingSet Set, int Row) row) => row.Set.Images[row.Row / row.Set.Views];

    private static string NameOf(EmbeddingSet set, int row) => row % set.Views == 0 ? ImageOf((set, row)).Path : FormattableString.Invariant($"{ImageOf((set, row)).Path} (view {row % set.Views})");
}
