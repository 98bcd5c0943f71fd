asser x
