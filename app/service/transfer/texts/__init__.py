"""What is said of images, out and in as a table for people's spreadsheets: one line for each image and scope.

    sku,image,store,label,position,exclude,types
    dress,705,,Front,1,0,"image,small_image"
    dress,705,german,Vorne,,,

A line without a store is what is said globally; in one with a store an empty cell is the global value. A column that is
not there, and a cell that says what is so already, changes nothing.
"""
