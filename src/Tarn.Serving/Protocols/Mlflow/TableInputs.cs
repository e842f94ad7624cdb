using System.Globalization;
using System.Text;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// A table on its way into a model's inputs. A column is the model's input of its name; where the model has one input of several columns, they are its columns, in their order. An
/// empty cell of a number with a fraction is <c>NaN</c>, which is what tables write so.
/// </summary>
internal sealed class TableInputs : IDisposable
{
    private readonly InferenceRequest _request;
    private readonly TensorBuilder[] _builders;
    private readonly List<int> _columns = [];
    private readonly List<string> _names = [];
    private readonly int[] _filled;
    private int _rows;
    private int _cells;

    public TableInputs(InferenceRequest request)
    {
        _request = request;
        IsMatrix = request.Model.Inputs is [{ Shape.Length: 2 }];
        _filled = new int[request.Model.Inputs.Length];
        _builders = Builders.Rent(request.Model.Inputs.Length);
        for (var i = 0; i < request.Model.Inputs.Length; i++)
        {
            _builders[i].Begin(request.Model.Inputs[i], isNullable: true);
        }
    }

    /// <summary>Whether the columns are those of one input.</summary>
    public bool IsMatrix { get; }

    public int Rows => _rows;

    public int Columns => _columns.Count;

    /// <summary>Adds a column by its name.</summary>
    public void AddColumn(ReadOnlySpan<byte> name)
    {
        _columns.Add(IsMatrix ? 0 : PredictBody.InputOf(_request.Model, name));
        _names.Add(Encoding.UTF8.GetString(name));
    }

    /// <summary>Columns that have no names are the inputs in the model's order, or the one input's columns.</summary>
    public void AddUnnamed(int width)
    {
        for (var c = 0; c < width; c++)
        {
            _columns.Add(IsMatrix ? 0 : Math.Min(c, _request.Model.Inputs.Length - 1));
            _names.Add(c.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Requires that the columns are the model's inputs.</summary>
    public void CheckColumns()
    {
        var model = _request.Model;
        for (var i = 0; i < model.Inputs.Length; i++)
        {
            var count = _columns.Count(c => c == i);
            if (count == 0 || (count > 1 && !IsMatrix))
            {
                throw TarnException.InvalidInput(
                    $"The columns are the inputs of the model {model.Name}, each once.",
                    count == 0 ? $"no column {model.Inputs[i].Name}" : $"{count} columns {model.Inputs[i].Name}",
                    $"Send {string.Join(", ", model.Inputs.Select(static p => p.Name))}.");
            }
        }
    }

    /// <summary>Where the next cell of this row goes.</summary>
    public TensorBuilder Next() => _cells < _columns.Count ? _builders[_columns[_cells++]] : throw Width(_cells + 1);

    /// <summary>Where a cell of a column of this name goes; for rows that name each cell. The columns of a single input are in the order of the first row's.</summary>
    public TensorBuilder Next(ReadOnlySpan<byte> name)
    {
        if (_rows == 0)
        {
            AddColumn(name);
            return Next();
        }

        if (!IsMatrix)
        {
            var input = PredictBody.InputOf(_request.Model, name);
            _cells++;
            if (_filled[input] == _rows)
            {
                throw TarnException.InvalidInput("A record names each column once.", _request.Model.Inputs[input].Name, "Leave the second one out.");
            }

            _filled[input] = _rows;
            return _builders[input];
        }

        return _cells < _names.Count && name.SequenceEqual(Encoding.UTF8.GetBytes(_names[_cells])) ? Next() : throw TarnException.InvalidInput(
            "All records have the columns of the first one, in its order.", Encoding.UTF8.GetString(name), $"Send {string.Join(", ", _names)} in each.");
    }

    /// <summary>Ends a row.</summary>
    public void EndRow()
    {
        if (_cells != _columns.Count)
        {
            throw Width(_cells);
        }

        if (_rows++ == 0)
        {
            CheckColumns();
        }

        _cells = 0;
    }

    /// <summary>Sets the request's inputs.</summary>
    public void Finish()
    {
        var model = _request.Model;
        if (_rows == 0)
        {
            throw TarnException.InvalidInput("A table has one row at least.", "0 rows", "Send some.");
        }

        for (var i = 0; i < model.Inputs.Length; i++)
        {
            var port = model.Inputs[i];
            if (IsMatrix)
            {
                _builders[0].Finish(_request.Inputs[0], [_rows, _columns.Count]);
            }
            else if (port.Shape.Length is 1 or 2 && _builders[i].Count == _rows)
            {
                Span<long> shape = [_rows, 1];
                _builders[i].Finish(_request.Inputs[i], shape[..port.Shape.Length]);
            }
            else
            {
                _builders[i].FinishRows(_request.Inputs[i], _rows);
            }
        }
    }

    public void Dispose() => Builders.Return(_builders);

    private TarnException Width(int width) => TarnException.InvalidInput(
        "Every row has a value for each column.", string.Create(CultureInfo.InvariantCulture, $"{width} values for {_columns.Count} columns in row {_rows}"), "Send rows of the same length.");
}
